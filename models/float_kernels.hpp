#pragma once

#include "models/graph.hpp"

#include <vector>

/// The branches of a layer in float. Maps are held channel-last (y, x, channel): windows are then runs of memory.
/// Every kernel adds to `output`, pixels x channels, which starts at the bias.
namespace deltasim::models {

/// A map's values, row-major y, x, channel.
using FloatMap = std::vector<float>;

/// A convolution, prepared once: weights in the order that its kernel reads.
class FloatConvolution {
 public:
  FloatConvolution(const GraphBranch& branch, const Shape& output, std::vector<float> weights);
  void add(const FloatMap& input, FloatMap& output);

 private:
  void add_depthwise(const FloatMap& input, FloatMap& output) const;
  void add_products(const FloatMap& input, FloatMap& output);
  void gather(const FloatMap& input, std::uint32_t group, std::size_t first, std::size_t count);

  Shape input_, output_;
  Window window_;
  std::uint32_t groups_;
  std::vector<float> weights_;  ///< [group][tap][output of the group]; depthwise: [tap][channel]
  std::vector<float> columns_;  ///< the windows of a block of output pixels, one per row
};

void add_average_pool(const GraphBranch& branch, const Shape& output, const FloatMap& input, FloatMap& sum);
void add_max_pool(const GraphBranch& branch, const Shape& output, const FloatMap& input, FloatMap& sum);

}  // namespace deltasim::models
