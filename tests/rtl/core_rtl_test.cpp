// The core's RTL against the core's model: the same flits in the same order, in the same cycles. What RTL did is
// recorded, so that `deltasim validate` can compare without Verilator; DELTASIM_RECORD_RTL=1 writes the record anew.
#include "sim/validation/core_model.hpp"
#include "sim/validation/rtl_core.hpp"
#include "tests/rtl/core_comparison.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace deltasim;

namespace {

const std::string record_file = DELTASIM_SOURCE_DIR "/sim/validation/recorded_rtl_core.json";

}  // namespace

TEST_CASE("core: RTL and model send the same flits, in the same cycles, on every sequence, both as recorded") {
  std::vector<sim::RecordedCore> now;
  for (const sim::CoreSequence& s : sim::core_sequences()) now.push_back(test::compare_core(s));
  const std::string text = sim::core_record_text(now);
  if (std::getenv("DELTASIM_RECORD_RTL") != nullptr) std::ofstream(record_file) << text;
  std::ostringstream recorded;
  recorded << std::ifstream(record_file).rdbuf();
  // Where this fails and nothing above does, RTL and model have changed alike: record them anew.
  CHECK((recorded.str() == text));
}

TEST_CASE("core: one cycle more in RTL's pipeline shows, in every frame") {
  const sim::CoreSequence s = sim::core_sequences().front();
  sim::CoreWorkload workload = sim::core_workload(s);
  const auto model = sim::run_core_model(s, workload);
  ++workload.weight_lead;
  const auto slower = test::run_core_rtl(s, workload);
  CHECK(test::first_difference(slower, model, test::same_flit) == model.size());
  CHECK(test::first_difference(slower, model, test::same_cycle) == 0);
  CHECK(slower.back().cycle == model.back().cycle + s.frames);
}

TEST_CASE("core: a wrong number in RTL's registers shows in the values") {
  const sim::CoreSequence s = sim::core_sequences().front();
  const sim::CoreWorkload workload = sim::core_workload(s);
  sim::CoreWorkload other = workload;
  other.network.layers[1].branches[0].multiplier[0] += 1 << 16;
  CHECK(sim::trace_of(test::run_core_rtl(s, workload)).values ==
        sim::trace_of(sim::run_core_model(s, workload)).values);
  CHECK(sim::trace_of(test::run_core_rtl(s, other)).values != sim::trace_of(sim::run_core_model(s, workload)).values);
}
