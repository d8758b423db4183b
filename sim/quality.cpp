#include "sim/quality.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace deltasim::sim {
namespace {

std::size_t size_of(const models::Output& output) {
  std::size_t n = 1;
  for (const auto d : output.dims) n *= d;
  return n;
}

}  // namespace

std::vector<std::uint32_t> decisions(const models::Output& output, const double* values) {
  const auto& dims = output.dims;
  const std::size_t axis = dims.size() == 3 ? 0 : dims.size() - 1;
  if (dims.empty() || dims[axis] < 2) return {};
  std::size_t inner = 1;
  for (std::size_t i = axis + 1; i < dims.size(); ++i) inner *= dims[i];
  const std::size_t classes = dims[axis];
  const std::size_t outer = size_of(output) / (inner * classes);
  std::vector<std::uint32_t> best;
  best.reserve(outer * inner);
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t i = 0; i < inner; ++i) {
      const double* row = values + o * classes * inner + i;
      std::uint32_t top = 0;
      for (std::uint32_t c = 1; c < classes; ++c)
        if (row[c * inner] > row[top * inner]) top = c;
      best.push_back(top);
    }
  return best;
}

std::optional<std::uint32_t> class_count(const std::vector<models::Output>& outputs) {
  for (const auto& output : outputs) {
    const std::size_t axis = output.dims.size() == 3 ? 0 : output.dims.size() - 1;
    if (!output.dims.empty() && output.dims[axis] >= 2 && output.dims[axis] == size_of(output))
      return static_cast<std::uint32_t>(output.dims[axis]);
  }
  return std::nullopt;
}

DistanceMeter::DistanceMeter(const std::vector<models::Output>& outputs) : outputs_(outputs) {}

void DistanceMeter::add(const std::vector<double>& a, const std::vector<double>& b) {
  assert(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    error_ += (a[i] - b[i]) * (a[i] - b[i]);
    reference_ += b[i] * b[i];
  }
  std::size_t at = 0;
  for (const auto& output : outputs_) {
    const auto left = decisions(output, a.data() + at);
    const auto right = decisions(output, b.data() + at);
    for (std::size_t i = 0; i < left.size(); ++i) same_ += left[i] == right[i];
    decisions_ += left.size();
    at += size_of(output);
  }
}

Distance DistanceMeter::result() const {
  Distance d;
  if (error_ > 0.0) d.relative_l2.reset();
  if (reference_ > 0.0) d.relative_l2 = std::sqrt(error_ / reference_);
  if (error_ > 0.0 && reference_ > 0.0) d.sqnr_db = 10.0 * std::log10(reference_ / error_);
  if (decisions_ > 0) d.top1_agreement = static_cast<double>(same_) / static_cast<double>(decisions_);
  d.decisions = decisions_;
  return d;
}

OutputScaler::OutputScaler(const models::Network& network) {
  for (const auto& output : network.outputs) {
    const std::size_t base = scale_.size();
    scale_.resize(base + size_of(output), 1.0);
    for (const auto& source : output.sources) {
      const models::Layer& layer = network.layers[source.producer];
      if (layer.output_scale.empty()) continue;
      const std::size_t pixels = layer.output.pixels();
      for (std::size_t i = 0; i < layer.output.size(); ++i) {
        const std::size_t to = source.view.map ? (*source.view.map)[i] : i + source.view.channel_offset * pixels;
        if (to == models::View::nowhere) continue;
        scale_[base + to] = layer.output_scale.size() == 1 ? layer.output_scale[0] : layer.output_scale[i / pixels];
      }
    }
  }
}

std::vector<double> OutputScaler::real(const std::vector<std::int64_t>& outputs) const {
  assert(outputs.size() == scale_.size());
  std::vector<double> values(outputs.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(outputs[i]) * scale_[i];
  return values;
}

}  // namespace deltasim::sim
