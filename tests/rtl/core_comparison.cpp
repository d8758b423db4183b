#include "tests/rtl/core_comparison.hpp"

#include "sim/validation/core_model.hpp"
#include "tests/rtl/core_bench.hpp"

#include "Vcore_16.h"
#include "Vcore_4.h"
#include "Vcore_7.h"

#include <doctest/doctest.h>

#include <cmath>

namespace deltasim::test {

std::vector<sim::CoreTaken> run_core_rtl(const sim::CoreSequence& s, const sim::CoreWorkload& workload) {
  switch (s.build) {
    case 0:
      return RtlBench<Vcore_16>(s, workload).run();
    case 1:
      return RtlBench<Vcore_4>(s, workload).run();
    default:
      return RtlBench<Vcore_7>(s, workload).run();
  }
}

sim::RecordedCore compare_core(const sim::CoreSequence& s) {
  CAPTURE(s.name);
  const sim::CoreWorkload workload = sim::core_workload(s);
  const auto rtl = run_core_rtl(s, workload);
  const auto model = sim::run_core_model(s, workload);
  CHECK(rtl.size() == model.size());
  CHECK(first_difference(rtl, model, same_flit) == rtl.size());
  // Without stalls at the output every flit leaves in the same cycle.
  if (s.stalls == 0) CHECK(first_difference(rtl, model, same_cycle) == rtl.size());
  sim::RecordedCore r{s.name, workload.events(), s.stalls > 0, sim::trace_of(rtl), sim::trace_of(model)};
  CHECK(std::abs(static_cast<double>(r.model.cycles) / static_cast<double>(r.rtl.cycles) - 1) <= 0.01);
  return r;
}

}  // namespace deltasim::test
