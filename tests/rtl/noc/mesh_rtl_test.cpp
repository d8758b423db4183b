#include "tests/rtl/noc/mesh_rtl.hpp"

#include "sim/validation/rtl_mesh.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

using namespace deltasim;

namespace {

const std::string record_file = std::string(DELTASIM_SOURCE_DIR "/") + std::string(sim::recorded_rtl_mesh);

/// What the RTL did, by sequence name; sequences that differ in their queues alone run at the same time.
std::map<std::string, sim::MeshArrivals> run_rtl(const std::vector<sim::MeshSequence>& sequences) {
  std::map<std::string, sim::MeshArrivals> all;
  for (std::size_t begin = 0; begin < sequences.size();) {
    std::size_t end = begin + 1;
    while (end < sequences.size() && sequences[end].queue_flits > sequences[end - 1].queue_flits) ++end;
    const std::vector<sim::MeshSequence> group(sequences.begin() + static_cast<std::ptrdiff_t>(begin),
                                               sequences.begin() + static_cast<std::ptrdiff_t>(end));
    const std::vector<sim::MeshArrivals> arrivals = test::run_mesh_rtl(group);
    for (std::size_t i = 0; i < group.size(); ++i) all[group[i].name] = arrivals[i];
    begin = end;
  }
  return all;
}

bool operator==(const sim::MeshRecord& a, const sim::MeshRecord& b) {
  return a.packets == b.packets && a.rtl_cycles == b.rtl_cycles && a.model_cycles == b.model_cycles &&
         a.largest_difference == b.largest_difference && a.order_digest == b.order_digest;
}

}  // namespace

TEST_CASE("the mesh of routers does what its RTL does: same packets, same order, same cycles") {
  const std::vector<sim::MeshSequence> sequences = sim::mesh_sequences();
  const auto rtl = run_rtl(sequences);
  std::map<std::string, sim::MeshRecord> records;
  for (const sim::MeshSequence& sequence : sequences) {
    CAPTURE(sequence.name);
    const sim::MeshArrivals& reference = rtl.at(sequence.name);
    const sim::MeshArrivals model = sim::run_mesh_model(sequence);
    CHECK(model.order_digest() == reference.order_digest());
    CHECK(model.largest_difference(reference) == 0);
    records[sequence.name] = {sequence.packets.size(), reference.cycles(), model.cycles(),
                              model.largest_difference(reference), reference.order_digest()};
  }
  if (std::getenv("DELTASIM_RECORD_RTL") != nullptr) std::ofstream(record_file) << sim::mesh_records_json(records);
  std::ifstream file(record_file);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto recorded = sim::mesh_records(text);
  CHECK(recorded.size() == records.size());
  for (const auto& record : records) {
    const std::string& name = record.first;
    CAPTURE(name);
    REQUIRE(recorded.count(name) == 1);
    CHECK(recorded.at(name) == record.second);
  }
}
