#include "hw/integration.hpp"
#include "models/integrate.hpp"
#include "tests/rtl/core_bench.hpp"

namespace deltasim::test {
namespace {

void load_registers(const sim::CoreSequence& s, const sim::CoreWorkload& workload, std::vector<LoadEntry>& load) {
  const models::Layer& layer = workload.network.layers[1];
  const models::Branch& branch = layer.branches.front();
  const models::Window& w = branch.window;
  const hw::Integration integration(branch, layer.output, models::whole(layer.output),
                                    sim::core_builds()[s.build].core);
  const auto set = [&load](Reg reg, std::int64_t value) {
    load.push_back({Load::reg, static_cast<std::uint32_t>(reg), static_cast<std::uint32_t>(value)});
  };
  set(Reg::out_y, layer.output.height);
  set(Reg::out_x, layer.output.width);
  set(Reg::out_c, layer.output.channels);
  set(Reg::kernel_y, w.kernel_h);
  set(Reg::kernel_x, w.kernel_w);
  set(Reg::stride_y, w.stride_h);
  set(Reg::stride_x, w.stride_w);
  set(Reg::dilation_y, w.dilation_h);
  set(Reg::dilation_x, w.dilation_w);
  set(Reg::pad_y, w.pad_top);
  set(Reg::pad_x, w.pad_left);
  set(Reg::in_group, branch.input.channels / branch.groups);
  set(Reg::out_group, layer.output.channels / branch.groups);
  set(Reg::low, layer.low);
  set(Reg::high, layer.high);
  set(Reg::all, s.evaluate == hw::Evaluate::all);
  set(Reg::weight_lead, workload.weight_lead);
  set(Reg::state_words, static_cast<std::int64_t>(integration.state_words()));
  set(Reg::producers, 1);
  set(Reg::consumers, 1);
  set(Reg::event_dest, 1);
  set(Reg::end_dest, 1);
  set(Reg::ready_dest, 1);
}

}  // namespace

std::vector<LoadEntry> load_of(const sim::CoreSequence& s, const sim::CoreWorkload& workload) {
  std::vector<LoadEntry> load;
  load_registers(s, workload, load);
  const models::Branch& branch = workload.network.layers[1].branches.front();
  const std::uint32_t outputs = workload.network.layers[1].output.channels;
  const std::uint32_t in_group = branch.input.channels / branch.groups, out_group = outputs / branch.groups;
  const std::uint32_t taps = branch.window.kernel_h * branch.window.kernel_w;
  // [group][tap][input][output of the group] -> [tap][input][output]
  std::size_t i = 0;
  for (std::uint32_t g = 0; g < branch.groups; ++g)
    for (std::uint32_t tap = 0; tap < taps; ++tap)
      for (std::uint32_t in = 0; in < in_group; ++in)
        for (std::uint32_t k = 0; k < out_group; ++k, ++i)
          load.push_back({Load::weight, (tap * in_group + in) * outputs + g * out_group + k,
                          static_cast<std::uint8_t>(branch.weights[i])});
  for (std::uint32_t c = 0; c < outputs; ++c) {
    load.push_back({Load::bias, c, static_cast<std::uint32_t>(branch.bias[c])});
    load.push_back({Load::multiplier, c, static_cast<std::uint32_t>(branch.multiplier[c])});
  }
  return load;
}

}  // namespace deltasim::test
