#include "sim/spill.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace deltasim::sim {
namespace {

using Bytes = std::uint64_t (*)(const hw::Footprint&);

std::uint64_t weight_bytes(const hw::Footprint& f) { return f.weight_bytes; }
std::uint64_t state_bytes(const hw::Footprint& f) { return f.state_bytes + f.reference_bytes; }

/// Of all that a slice holds, wherever it lives.
std::uint64_t held(const SliceCost& cost, const hw::Slice& slice, Bytes bytes) {
  return bytes(hw::footprint(cost.network(), slice, cost.core()));
}

/// Layers by MACs for each byte, fewest first; of equals the larger.
std::vector<models::LayerId> by_reuse(const SliceCost& cost, Bytes bytes) {
  struct Layer {
    models::LayerId id;
    std::uint64_t size;
    double reuse;
  };
  std::vector<Layer> layers;
  for (models::LayerId l = 1; l < cost.network().layers.size(); ++l) {
    const hw::Slice whole = whole_layer(cost.network(), l);
    const std::uint64_t size = held(cost, whole, bytes);
    if (size > 0) layers.push_back({l, size, static_cast<double>(cost.macs(whole)) / static_cast<double>(size)});
  }
  std::stable_sort(layers.begin(), layers.end(), [](const Layer& a, const Layer& b) {
    return a.reuse < b.reuse || (a.reuse == b.reuse && a.size > b.size);
  });
  std::vector<models::LayerId> ids;
  ids.reserve(layers.size());
  for (const Layer& layer : layers) ids.push_back(layer.id);
  return ids;
}

std::vector<bool> first_of(const std::vector<models::LayerId>& order, std::size_t n, std::size_t layers) {
  std::vector<bool> flags(layers);
  for (std::size_t i = 0; i < n; ++i) flags[order[i]] = true;
  return flags;
}

/// Fewest of `order` that must be spilled, by bisection; all of them are known to do.
template <class Works>
std::size_t fewest(std::size_t all, Works works) {
  std::size_t good = all, bad = 0;
  if (works(0)) return 0;
  while (good - bad > 1) {
    const std::size_t middle = bad + (good - bad) / 2;
    (works(middle) ? good : bad) = middle;
  }
  return good;
}

class Marker {
 public:
  Marker(const SliceCost& cost, std::uint32_t cores, std::vector<hw::Slice>& slices) : cost_(cost), slices_(slices) {
    for (hw::Slice& s : slices) cost.mark(s);
    weights_.resize(cores);
    state_.resize(cores);
    for (const hw::Slice& s : slices) {
      weights_[s.core] += weight_bytes(cost.memory(s));
      state_[s.core] += state_bytes(cost.memory(s));
    }
  }
  void take_back(bool hw::Slice::*flag, Bytes bytes, std::uint64_t capacity) {
    auto& used = flag == &hw::Slice::weights_in_dram ? weights_ : state_;
    auto order = by_reuse(cost_, bytes);
    std::reverse(order.begin(), order.end());
    for (const models::LayerId layer : order)
      for (hw::Slice& s : slices_) {
        if (s.layer != layer || !(s.*flag)) continue;
        const std::uint64_t more = held(cost_, s, bytes) - bytes(cost_.memory(s));
        if (used[s.core] + more > capacity) continue;
        used[s.core] += more;
        s.*flag = false;
      }
  }

 private:
  const SliceCost& cost_;
  std::vector<hw::Slice>& slices_;
  std::vector<std::uint64_t> weights_, state_;  ///< by core
};

}  // namespace

SliceCost::Spill spill_all(const models::Network& network) {
  return {std::vector<bool>(network.layers.size(), true), std::vector<bool>(network.layers.size(), true)};
}

std::optional<SliceCost::Spill> choose_spill(SliceCost& cost, std::uint32_t cores) {
  const std::size_t layers = cost.network().layers.size();
  const auto weights = by_reuse(cost, weight_bytes), state = by_reuse(cost, state_bytes);
  SliceCost::Spill spilled;
  const auto fits = [&](std::size_t of_weights, std::size_t of_state) {
    spilled = {first_of(weights, of_weights, layers), first_of(state, of_state, layers)};
    cost.spill(spilled);
    return can_pack(cost, cores);
  };
  if (!fits(weights.size(), state.size())) return std::nullopt;
  std::size_t of_state = fits(weights.size(), 0) ? 0 : state.size();
  const std::size_t of_weights = fewest(weights.size(), [&](std::size_t n) { return fits(n, of_state); });
  if (of_state > 0) of_state = fewest(state.size(), [&](std::size_t n) { return fits(of_weights, n); });
  fits(of_weights, of_state);
  return spilled;
}

void mark_spilled(const SliceCost& cost, std::uint32_t cores, std::vector<hw::Slice>& slices) {
  Marker marker(cost, cores, slices);
  marker.take_back(&hw::Slice::weights_in_dram, weight_bytes, cost.core().weight_memory.size_bytes);
  marker.take_back(&hw::Slice::state_in_dram, state_bytes, cost.core().state_memory.size_bytes);
}

}  // namespace deltasim::sim
