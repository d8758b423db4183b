#include "models/float_kernels.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <limits>

namespace deltasim::models {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Floats of gathered windows that are multiplied at a time: stays in the second-level cache.
constexpr std::size_t block_floats = std::size_t{1} << 16;

/// Calls visit(input pixel, tap) for every tap of the window that lies inside the input.
template <typename Visit>
void for_taps(const Window& w, const Shape& input, std::uint32_t y, std::uint32_t x, const Visit& visit) {
  for (std::uint32_t ky = 0; ky < w.kernel_h; ++ky) {
    const std::int64_t in_y = std::int64_t{y} * w.stride_h - w.pad_top + std::int64_t{ky} * w.dilation_h;
    if (in_y < 0 || in_y >= input.height) continue;
    for (std::uint32_t kx = 0; kx < w.kernel_w; ++kx) {
      const std::int64_t in_x = std::int64_t{x} * w.stride_w - w.pad_left + std::int64_t{kx} * w.dilation_w;
      if (in_x >= 0 && in_x < input.width)
        visit(static_cast<std::size_t>(in_y * input.width + in_x), std::size_t{ky} * w.kernel_w + kx);
    }
  }
}

bool is_depthwise(const GraphBranch& branch, const Shape& output) {
  return branch.groups > 1 && branch.groups == branch.input.channels && branch.groups == output.channels;
}

/// [channel][tap] to [tap][channel].
std::vector<float> transposed(const std::vector<float>& weights, std::size_t channels) {
  const std::size_t taps = weights.size() / channels;
  std::vector<float> result(weights.size());
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t tap = 0; tap < taps; ++tap) result[tap * channels + c] = weights[c * taps + tap];
  return result;
}

}  // namespace

FloatConvolution::FloatConvolution(const GraphBranch& branch, const Shape& output, std::vector<float> weights)
    : input_(branch.input),
      output_(output),
      window_(branch.window),
      groups_(branch.groups),
      weights_(is_depthwise(branch, output) ? transposed(weights, branch.groups) : std::move(weights)) {}

void FloatConvolution::add(const FloatMap& input, FloatMap& output) {
  if (groups_ > 1 && groups_ == input_.channels && groups_ == output_.channels)
    add_depthwise(input, output);
  else
    add_products(input, output);
}

void FloatConvolution::add_depthwise(const FloatMap& input, FloatMap& output) const {
  const std::uint32_t channels = output_.channels;
  for (std::uint32_t y = 0; y < output_.height; ++y)
    for (std::uint32_t x = 0; x < output_.width; ++x) {
      float* to = output.data() + (std::size_t{y} * output_.width + x) * channels;
      for_taps(window_, input_, y, x, [&](std::size_t pixel, std::size_t tap) {
        const float* from = input.data() + pixel * channels;
        const float* weight = weights_.data() + tap * channels;
        for (std::uint32_t c = 0; c < channels; ++c) to[c] += weight[c] * from[c];
      });
    }
}

/// Rows of `columns_`: windows of output pixels first ... first + count of one group.
void FloatConvolution::gather(const FloatMap& input, std::uint32_t group, std::size_t first, std::size_t count) {
  const std::uint32_t of_group = input_.channels / groups_;
  const std::size_t row = std::size_t{window_.kernel_h} * window_.kernel_w * of_group;
  columns_.assign(row * count, 0.0f);
  for (std::size_t i = 0; i < count; ++i) {
    const auto y = static_cast<std::uint32_t>((first + i) / output_.width);
    const auto x = static_cast<std::uint32_t>((first + i) % output_.width);
    for_taps(window_, input_, y, x, [&](std::size_t pixel, std::size_t tap) {
      const float* from = input.data() + pixel * input_.channels + std::size_t{group} * of_group;
      std::copy(from, from + of_group, columns_.data() + i * row + tap * of_group);
    });
  }
}

void FloatConvolution::add_products(const FloatMap& input, FloatMap& output) {
  const Eigen::Index rows = std::int64_t{window_.kernel_h} * window_.kernel_w * (input_.channels / groups_);
  const Eigen::Index columns = output_.channels / groups_;
  const std::size_t pixels = output_.pixels();
  const std::size_t block = std::max<std::size_t>(block_floats / static_cast<std::size_t>(rows), 16);
  const Eigen::OuterStride<> stride(output_.channels);
  for (std::uint32_t group = 0; group < groups_; ++group) {
    const Eigen::Map<const Matrix> weights(weights_.data() + group * rows * columns, rows, columns);
    for (std::size_t first = 0; first < pixels; first += block) {
      const std::size_t count = std::min(block, pixels - first);
      gather(input, group, first, count);
      const Eigen::Map<const Matrix> windows(columns_.data(), static_cast<Eigen::Index>(count), rows);
      Eigen::Map<Matrix, 0, Eigen::OuterStride<>> sums(output.data() + first * output_.channels + group * columns,
                                                       static_cast<Eigen::Index>(count), columns, stride);
      sums.noalias() += windows * weights;
    }
  }
}

void add_average_pool(const GraphBranch& branch, const Shape& output, const FloatMap& input, FloatMap& sum) {
  const std::uint32_t channels = output.channels;
  std::vector<double> total(channels);
  for (std::uint32_t y = 0; y < output.height; ++y)
    for (std::uint32_t x = 0; x < output.width; ++x) {
      std::fill(total.begin(), total.end(), 0.0);
      std::uint32_t inside = 0;
      for_taps(branch.window, branch.input, y, x, [&](std::size_t pixel, std::size_t) {
        ++inside;
        for (std::uint32_t c = 0; c < channels; ++c) total[c] += input[pixel * channels + c];
      });
      const double n = branch.pool_divisor != 0 ? branch.pool_divisor : std::max(inside, 1u);
      float* to = sum.data() + (std::size_t{y} * output.width + x) * channels;
      for (std::uint32_t c = 0; c < channels; ++c) to[c] += static_cast<float>(total[c] / n);
    }
}

void add_max_pool(const GraphBranch& branch, const Shape& output, const FloatMap& input, FloatMap& sum) {
  const std::uint32_t channels = output.channels;
  std::vector<float> largest(channels);
  for (std::uint32_t y = 0; y < output.height; ++y)
    for (std::uint32_t x = 0; x < output.width; ++x) {
      std::fill(largest.begin(), largest.end(), -std::numeric_limits<float>::infinity());
      bool any = false;
      for_taps(branch.window, branch.input, y, x, [&](std::size_t pixel, std::size_t) {
        any = true;
        // written so that a NaN wins: it must reach the check of the activations
        for (std::uint32_t c = 0; c < channels; ++c)
          if (!(input[pixel * channels + c] <= largest[c])) largest[c] = input[pixel * channels + c];
      });
      if (!any) continue;
      float* to = sum.data() + (std::size_t{y} * output.width + x) * channels;
      for (std::uint32_t c = 0; c < channels; ++c) to[c] += largest[c];
    }
}

}  // namespace deltasim::models
