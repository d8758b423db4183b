// The core's RTL against the core's model: the same flits in the same order, in the same cycles. What RTL did is
// recorded, so that `deltasim validate` can compare without Verilator; DELTASIM_RECORD_RTL=1 writes the record anew.
#include "sim/validation/core_model.hpp"
#include "sim/validation/rtl_core.hpp"
#include "tests/rtl/core_bench.hpp"

#include "Vcore_16.h"
#include "Vcore_4.h"
#include "Vcore_7.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace deltasim;

namespace {

const std::string record_file = DELTASIM_SOURCE_DIR "/sim/validation/recorded_rtl_core.json";

std::vector<sim::CoreTaken> run_rtl(const sim::CoreSequence& s, const sim::CoreWorkload& workload) {
  switch (s.build) {
    case 0:
      return test::RtlBench<Vcore_16>(s, workload).run();
    case 1:
      return test::RtlBench<Vcore_4>(s, workload).run();
    default:
      return test::RtlBench<Vcore_7>(s, workload).run();
  }
}

/// The first flit at which two logs part; their length where they are equal.
template <typename Same>
std::size_t first_difference(const std::vector<sim::CoreTaken>& a, const std::vector<sim::CoreTaken>& b, Same same) {
  std::size_t i = 0;
  while (i < std::min(a.size(), b.size()) && same(a[i], b[i])) ++i;
  return i;
}

bool same_flit(const sim::CoreTaken& a, const sim::CoreTaken& b) { return a.flit == b.flit; }
bool same_cycle(const sim::CoreTaken& a, const sim::CoreTaken& b) { return a.cycle == b.cycle; }

sim::RecordedCore compare(const sim::CoreSequence& s) {
  CAPTURE(s.name);
  const sim::CoreWorkload workload = sim::core_workload(s);
  const auto rtl = run_rtl(s, workload);
  const auto model = sim::run_core_model(s, workload);
  CHECK(rtl.size() == model.size());
  CHECK(first_difference(rtl, model, same_flit) == rtl.size());
  // Without stalls at the output every flit leaves in the same cycle.
  if (s.stalls == 0) CHECK(first_difference(rtl, model, same_cycle) == rtl.size());
  sim::RecordedCore r{s.name, workload.events(), s.stalls > 0, sim::trace_of(rtl), sim::trace_of(model)};
  CHECK(std::abs(static_cast<double>(r.model.cycles) / static_cast<double>(r.rtl.cycles) - 1) <= 0.01);
  return r;
}

}  // namespace

TEST_CASE("core: RTL and model send the same flits, in the same cycles, on every sequence; both as recorded") {
  std::vector<sim::RecordedCore> now;
  for (const sim::CoreSequence& s : sim::core_sequences()) now.push_back(compare(s));
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
  const auto slower = run_rtl(s, workload);
  CHECK(first_difference(slower, model, same_flit) == model.size());
  CHECK(first_difference(slower, model, same_cycle) == 0);
  CHECK(slower.back().cycle == model.back().cycle + s.frames);
}

TEST_CASE("core: a wrong number in RTL's registers shows in the values") {
  const sim::CoreSequence s = sim::core_sequences().front();
  const sim::CoreWorkload workload = sim::core_workload(s);
  sim::CoreWorkload other = workload;
  other.network.layers[1].branches[0].multiplier[0] += 1 << 16;
  CHECK(sim::trace_of(run_rtl(s, workload)).values == sim::trace_of(sim::run_core_model(s, workload)).values);
  CHECK(sim::trace_of(run_rtl(s, other)).values != sim::trace_of(sim::run_core_model(s, workload)).values);
}
