#pragma once

#include "hw/machine.hpp"
#include "hw/result_comparison.hpp"
#include "tests/hw/scripted_stream.hpp"

#include <doctest/doctest.h>

namespace deltasim::test {

/// hw::simulate on the engine of the options; the other one must say the same in every figure.
inline hw::MachineResult simulate(const models::Network& network, const hw::Mapping& mapping,
                                  const hw::ChipParams& chip, models::EventSource& source, hw::MachineOptions options) {
  ScriptedStream stream(source);
  auto result = hw::simulate(network, mapping, chip, stream, options);
  stream.rewind();
  options.hosting = options.hosting == hw::Hosting::wheel ? hw::Hosting::processes : hw::Hosting::wheel;
  options.progress = nullptr;
  options.own_frame = nullptr;
  CHECK(hw::differing_figures(result, hw::simulate(network, mapping, chip, stream, options)) == 0);
  return result;
}

}  // namespace deltasim::test
