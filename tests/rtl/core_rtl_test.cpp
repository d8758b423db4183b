// The core's RTL against the core's model: the same flits in the same order, in the same cycles.
#include "sim/validation/core_model.hpp"
#include "tests/rtl/core_bench.hpp"

#include "Vcore_16.h"
#include "Vcore_4.h"
#include "Vcore_7.h"

#include <doctest/doctest.h>
#include <cstdio>

using namespace deltasim;

namespace {

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

}  // namespace

TEST_CASE("every sequence") {
  for (const sim::CoreSequence& s : sim::core_sequences()) {
    CAPTURE(s.name);
    const sim::CoreWorkload workload = sim::core_workload(s);
    std::vector<sim::CoreTaken> model, rtl;
    try {
      model = sim::run_core_model(s, workload);
    } catch (std::exception& e) {
      printf("%s: MODEL %s\n", s.name.c_str(), e.what());
    }
    try {
      rtl = run_rtl(s, workload);
    } catch (std::exception& e) {
      printf("%s: RTL %s\n", s.name.c_str(), e.what());
    }
    std::size_t n = std::min(model.size(), rtl.size()), wrong = n, late = n;
    for (std::size_t i = n; i-- > 0;) {
      if (!(model[i].flit == rtl[i].flit)) wrong = i;
      if (model[i].cycle != rtl[i].cycle) late = i;
    }
    printf("%-60s events %5zu lead %u flits %zu/%zu wrong %zu late %zu (%llu %llu) end %llu %llu\n", s.name.c_str(),
           (size_t)workload.events(), workload.weight_lead, model.size(), rtl.size(), wrong, late,
           late < n ? (unsigned long long)model[late].cycle : 0, late < n ? (unsigned long long)rtl[late].cycle : 0,
           model.empty() ? 0 : (unsigned long long)model.back().cycle,
           rtl.empty() ? 0 : (unsigned long long)rtl.back().cycle);
  }
}
