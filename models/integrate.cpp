#include "models/integrate.hpp"

#include <algorithm>

namespace deltasim::models {

AddRows fastest_add_rows() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && add_rows_v3() != nullptr) return add_rows_v3();
#endif
  return add_rows_portable();
}

namespace {
const AddRows add_rows = fastest_add_rows();
}

Convolver::Convolver(const Branch& branch, const Shape& output, const OutputBox& box)
    : branch_(branch),
      box_(box),
      in_group_(branch.input.channels / branch.groups),
      out_group_(output.channels / branch.groups),
      rows_(branch.input.height, output.height, branch.window.kernel_h, branch.window.stride_h,
            branch.window.dilation_h, branch.window.pad_top),
      columns_(branch.input.width, output.width, branch.window.kernel_w, branch.window.stride_w,
               branch.window.dilation_w, branch.window.pad_left) {}

/// One tap: where its sums start in the box, and which kernel position it has.
struct Convolver::TapPlace {
  std::int32_t* sums;
  std::size_t tap;
};

void Convolver::add(std::uint32_t y, std::uint32_t x, const std::uint32_t* channels, const std::int32_t* values,
                    std::size_t n, std::int32_t* sums, std::uint8_t* touched) const {
  const std::size_t box_width = box_.x_end - box_.x_begin;
  const std::size_t kernel_size = std::size_t{in_group_} * out_group_;
  for (const Tap row : rows_.of(y)) {
    if (row.output < box_.y_begin || row.output >= box_.y_end) continue;
    for (const Tap column : columns_.of(x)) {
      if (column.output < box_.x_begin || column.output >= box_.x_end) continue;
      const std::size_t pixel = (row.output - box_.y_begin) * box_width + (column.output - box_.x_begin);
      const std::size_t tap = std::size_t{row.kernel} * branch_.window.kernel_w + column.kernel;
      std::int32_t* at = sums + pixel * box_.channels();
      if (touched != nullptr) touched[pixel] = 1;
      if (branch_.groups == 1)
        add_rows(at, box_.channels(), branch_.weights.data() + tap * kernel_size + box_.channel_begin, out_group_, 0,
                 channels, values, n);
      else
        add_grouped({at, tap}, channels, values, n);
    }
  }
}

void Convolver::add_grouped(const TapPlace& at, const std::uint32_t* channels, const std::int32_t* values,
                            std::size_t n) const {
  const std::size_t taps = std::size_t{branch_.window.kernel_h} * branch_.window.kernel_w;
  if (in_group_ == 1 && out_group_ == 1) {  // depthwise: a call per event and tap would cost more than its one MAC
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t c = channels[i];
      if (c < box_.channel_begin || c >= box_.channel_end) continue;
      auto& sum = at.sums[c - box_.channel_begin];
      const std::int32_t weight = branch_.weights[c * taps + at.tap];
      sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) +
                                      static_cast<std::uint32_t>(weight) * static_cast<std::uint32_t>(values[i]));
    }
    return;
  }
  for (std::size_t i = 0; i < n;) {
    const std::uint32_t group = channels[i] / in_group_;
    std::size_t end = i + 1;
    while (end < n && channels[end] / in_group_ == group) ++end;
    const std::uint32_t first = std::max(group * out_group_, box_.channel_begin);
    const std::uint32_t last = std::min((group + 1) * out_group_, box_.channel_end);
    if (first < last) {
      const std::int8_t* weights =
          branch_.weights.data() + (group * taps + at.tap) * in_group_ * out_group_ + (first - group * out_group_);
      add_rows(at.sums + (first - box_.channel_begin), last - first, weights, out_group_, group * in_group_,
               channels + i, values + i, end - i);
    }
    i = end;
  }
}

}  // namespace deltasim::models
