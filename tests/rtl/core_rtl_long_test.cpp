// Layers that no network has: whatever a window, a grouping and a pattern of events are, RTL and model agree.
#include "tests/rtl/core_comparison.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace deltasim;

namespace {

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed) {}
  std::uint32_t from(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random_() % (high - low + 1));
  }

 private:
  std::mt19937 random_;
};

/// One axis of a window; RTL has a stride or a dilation.
struct Axis {
  explicit Axis(Draw& draw) {
    kernel = draw.from(1, 5);
    (draw.from(0, 1) == 0 ? stride : dilation) = draw.from(1, 3);
    const std::uint32_t reach = dilation * (kernel - 1);
    pad = draw.from(0, reach / 2);
    inputs = reach + 1 + draw.from(0, 7);
  }
  /// Every input is in some window: what reaches nothing is not sent to a core.
  bool covered() const {
    const std::uint32_t outputs = (inputs + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    std::vector<bool> reached(inputs);
    for (std::uint32_t o = 0; o < outputs; ++o)
      for (std::uint32_t k = 0; k < kernel; ++k) {
        const std::uint32_t at = o * stride + k * dilation;
        if (at >= pad && at - pad < inputs) reached[at - pad] = true;
      }
    return std::find(reached.begin(), reached.end(), false) == reached.end();
  }
  std::uint32_t kernel, stride = 1, dilation = 1, pad, inputs;
};

Axis covered_axis(Draw& draw) {
  Axis axis(draw);
  while (!axis.covered()) axis = Axis(draw);
  return axis;
}

sim::CoreSequence random_sequence(std::uint32_t seed) {
  Draw draw(seed);
  sim::CoreSequence s;
  const Axis y = covered_axis(draw), x = covered_axis(draw);
  s.window.kernel_h = y.kernel;
  s.window.kernel_w = x.kernel;
  s.window.stride_h = y.stride;
  s.window.stride_w = x.stride;
  s.window.dilation_h = y.dilation;
  s.window.dilation_w = x.dilation;
  s.window.pad_top = static_cast<std::int32_t>(y.pad);
  s.window.pad_left = static_cast<std::int32_t>(x.pad);
  s.groups = draw.from(1, 3);
  s.input = {s.groups * draw.from(1, 3), y.inputs, x.inputs};
  s.outputs = s.groups * draw.from(1, 7);
  s.build = draw.from(0, 2);
  s.pattern = static_cast<sim::EventPattern>(draw.from(0, 3));
  s.evaluate = draw.from(0, 3) == 0 ? hw::Evaluate::all : hw::Evaluate::touched;
  s.key_frame_period = draw.from(0, 2);
  s.stalls = draw.from(0, 2) == 0 ? 0.5 : 0.0;
  s.seed = seed;
  s.name = fmt::format("seed {}", seed);
  return s;
}

}  // namespace

TEST_CASE("core: RTL and model agree on random layers") {
  constexpr std::uint32_t lead_max = 16;  // of the builds
  std::size_t compared = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    const sim::CoreSequence s = random_sequence(seed);
    if (sim::core_workload(s).weight_lead > lead_max) continue;
    test::compare_core(s);
    ++compared;
  }
  CHECK(compared > 350);
}
