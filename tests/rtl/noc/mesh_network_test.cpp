// Four cores on a mesh of routers: RTL against the machine, values and cycles. DELTASIM_RECORD_RTL=1 writes the record.
#include "sim/validation/rtl_networks.hpp"
#include "tests/rtl/noc/mesh_network_rtl.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace deltasim;

namespace {

const std::string record_file = std::string(DELTASIM_SOURCE_DIR "/") + std::string(sim::recorded_rtl_networks);

sim::RecordedNetwork compare(const sim::MeshNetwork& network) {
  CAPTURE(network.name);
  const sim::MeshFrames rtl = test::run_network_rtl(network);
  const sim::MeshFrames model = sim::run_mesh_machine(network);
  REQUIRE(rtl.finished.size() == model.finished.size());
  CHECK((rtl.outputs == model.outputs));
  for (std::size_t f = 0; f < rtl.finished.size(); ++f) {
    CAPTURE(f);
    CAPTURE(rtl.finished[f]);
    CAPTURE(model.finished[f]);
    CHECK(sim::frames_deviation({rtl.finished[f]}, {model.finished[f]}) <= 0.02);
    // The first flit takes a cycle on the input port's link, which the model's port has not.
    if (network.stalls == 0) CHECK(rtl.finished[f] == model.finished[f] + 1);
  }
  return {network.name, network.events(), rtl.outputs_digest(), rtl.finished, model.finished};
}

}  // namespace

TEST_CASE("mesh of four cores: RTL and machine put out the same sums, in the same cycles, both as recorded") {
  std::vector<sim::RecordedNetwork> now;
  for (const sim::MeshNetwork& network : sim::mesh_networks()) now.push_back(compare(network));
  const std::string text = sim::network_record_text(now);
  if (std::getenv("DELTASIM_RECORD_RTL") != nullptr) std::ofstream(record_file) << text;
  std::ostringstream recorded;
  recorded << std::ifstream(record_file).rdbuf();
  CHECK((recorded.str() == text));
}
