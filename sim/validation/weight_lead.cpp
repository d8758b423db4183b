#include "models/axis_taps.hpp"
#include "sim/validation/core_sequences.hpp"

#include <algorithm>
#include <set>

namespace deltasim::sim {
namespace {

/// Cycles for the words of one step: the fullest bank's over its ports.
std::uint32_t cycles_of(const std::set<std::uint64_t>& words, const hw::MemoryParams& memory) {
  std::vector<std::uint32_t> in_bank(memory.banks);
  std::uint32_t most = 0;
  for (const std::uint64_t word : words) most = std::max(most, ++in_bank[word % memory.banks]);
  return (most + memory.ports - 1) / memory.ports;
}

/// Bytes of the weights that an event at (y, x) needs, without the offset of its channel, in the order of the steps.
std::vector<std::uint64_t> weight_bytes(const CoreSequence& s, const models::AxisTaps::Range& rows,
                                        const models::AxisTaps::Range& columns) {
  std::vector<std::uint64_t> bytes;
  const std::uint64_t inputs = s.input.channels / s.groups;
  for (const models::Tap row : rows)
    for (const models::Tap column : columns)
      for (std::uint32_t k = 0; k < s.outputs / s.groups; ++k)
        bytes.push_back((std::uint64_t{row.kernel} * s.window.kernel_w + column.kernel) * inputs * s.outputs + k);
  return bytes;
}

}  // namespace

std::uint32_t weight_lead(const CoreSequence& s, const models::Shape& output) {
  const hw::CoreParams& core = core_builds()[s.build].core;
  const models::Window& w = s.window;
  const models::AxisTaps rows(s.input.height, output.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top);
  const models::AxisTaps columns(s.input.width, output.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left);
  const std::uint32_t in_group = s.input.channels / s.groups, out_group = s.outputs / s.groups;
  std::uint32_t lead = 1;
  for (std::uint32_t y = 0; y < s.input.height; ++y)
    for (std::uint32_t x = 0; x < s.input.width; ++x) {
      const auto bytes = weight_bytes(s, rows.of(y), columns.of(x));
      for (std::uint32_t c = 0; c < s.input.channels; ++c) {
        const std::uint64_t offset = std::uint64_t{c % in_group} * s.outputs + c / in_group * out_group;
        std::set<std::uint64_t> words;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
          words.insert((bytes[i] + offset) * 8 / core.weight_memory.word_bits);
          if ((i + 1) % core.lanes != 0 && i + 1 != bytes.size()) continue;
          lead = std::max(lead, cycles_of(words, core.weight_memory));
          words.clear();
        }
      }
    }
  return lead;
}

}  // namespace deltasim::sim
