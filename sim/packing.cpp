#include "sim/packing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace deltasim::sim {
namespace {

enum class Axis { channel, y, x };

std::uint32_t length(const hw::Slice& s, Axis axis) {
  switch (axis) {
    case Axis::channel:
      return s.channel_end - s.channel_begin;
    case Axis::y:
      return s.y_end - s.y_begin;
    case Axis::x:
      return s.x_end - s.x_begin;
  }
  return 0;
}

/// Positions [begin, end) of the slice along an axis.
hw::Slice cut(hw::Slice s, Axis axis, std::uint32_t begin, std::uint32_t end) {
  auto narrow = [&](std::uint32_t& from, std::uint32_t& to) {
    to = from + end;
    from += begin;
  };
  if (axis == Axis::channel) narrow(s.channel_begin, s.channel_end);
  if (axis == Axis::y) narrow(s.y_begin, s.y_end);
  if (axis == Axis::x) narrow(s.x_begin, s.x_end);
  return s;
}

/// A layer is first cut into `parts` equal boxes along one axis; each box is then laid out along the other axis, as
/// much on each core as it takes.
struct Cut {
  Axis along = Axis::y;
  Axis parts_along = Axis::channel;
  std::uint32_t parts = 1;
  std::uint32_t across = 0;  ///< even layers: cores for each part; 0 = all
};

struct Load {
  double work = 0;
  std::uint64_t weights = 0, state = 0;
};

Load load_of(const SliceCost& cost, const hw::Slice& slice) {
  const auto memory = cost.memory(slice);
  return {cost.cycles(slice), memory.weight_bytes, memory.state_bytes + memory.reference_bytes};
}

class Packer {
 public:
  Packer(const SliceCost& cost, std::uint32_t cores, const PackingStyle& style, double budget)
      : cost_(cost), style_(style), budget_(budget), used_(cores), slowest_(cost.network().layers.size(), 0) {}

  std::optional<Packing> run() {
    for (const auto layer : order()) {
      const hw::Slice whole = whole_layer(cost_.network(), layer);
      const auto cut_as = choose_cut(whole);
      if (!cut_as) return std::nullopt;
      const std::uint32_t total = length(whole, cut_as->parts_along);
      for (std::uint32_t p = 0; p < cut_as->parts; ++p) {
        const auto begin = static_cast<std::uint32_t>(std::uint64_t{total} * p / cut_as->parts);
        const auto end = static_cast<std::uint32_t>(std::uint64_t{total} * (p + 1) / cut_as->parts);
        if (!lay_out(cut(whole, cut_as->parts_along, begin, end), *cut_as, p)) return std::nullopt;
      }
    }
    for (const auto& load : used_) result_.busiest = std::max(result_.busiest, load.work);
    for (const double slowest : slowest_) result_.chain += slowest;
    return std::move(result_);
  }

 private:
  std::vector<models::LayerId> order() const {
    std::vector<models::LayerId> ids(cost_.network().layers.size() - 1);
    std::iota(ids.begin(), ids.end(), 1);
    if (!style_.largest_first) return ids;
    std::vector<double> need(ids.size() + 1);
    for (const auto id : ids) {
      const auto l = load_of(cost_, whole_layer(cost_.network(), id));
      need[id] = static_cast<double>(l.weights) / static_cast<double>(cost_.core().weight_memory.size_bytes) +
                 static_cast<double>(l.state) / static_cast<double>(cost_.core().state_memory.size_bytes);
    }
    std::stable_sort(ids.begin(), ids.end(), [&](auto a, auto b) { return need[a] > need[b]; });
    return ids;
  }

  bool fits(const Load& used, const Load& more) const {
    return used.work + more.work <= budget_ && used.weights + more.weights <= cost_.core().weight_memory.size_bytes &&
           used.state + more.state <= cost_.core().state_memory.size_bytes;
  }

  /// Smallest piece of a layer under a cut; the first part is as large as any.
  bool piece_fits(const hw::Slice& whole, const Cut& c) const {
    const std::uint32_t total = length(whole, c.parts_along);
    const hw::Slice part = cut(whole, c.parts_along, 0, (total + c.parts - 1) / c.parts);
    return fits({}, load_of(cost_, cut(part, c.along, 0, 1)));
  }

  /// Rows x columns of tiles, no more than cores: the smallest largest tile.
  Cut grid(const hw::Slice& whole) const {
    const auto cores = static_cast<std::uint32_t>(used_.size());
    Cut best{Axis::x, Axis::y, 1, cores};
    std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
    for (std::uint32_t parts = 1; parts <= std::min(cores, whole.y_end); ++parts) {
      const std::uint32_t across = std::min(cores / parts, whole.x_end);
      const std::uint64_t rows = (whole.y_end + parts - 1) / parts, columns = (whole.x_end + across - 1) / across;
      // Of equal tiles the squarer: it shares fewer inputs with its neighbours.
      const std::uint64_t size = rows * columns * 1024 + rows + columns;
      if (size >= smallest) continue;
      smallest = size;
      best = {Axis::x, Axis::y, parts, across};
    }
    return best;
  }

  std::optional<Cut> choose_cut(const hw::Slice& whole) const {
    const Load all = load_of(cost_, whole);
    const double cores = std::isfinite(budget_) ? all.work / budget_ : 1;
    const std::uint32_t channels = whole.channel_end, rows = whole.y_end, columns = whole.x_end;
    const double copied = style_.copied_weights * static_cast<double>(cost_.core().weight_memory.size_bytes);
    std::array<Cut, 64> candidates;
    std::size_t n = 0;
    const bool tiles = rows * columns > 1 && static_cast<double>(all.weights) <= copied;
    if (tiles && style_.even) candidates[n++] = grid(whole);
    if (tiles && rows >= 2 * cores) candidates[n++] = {Axis::y, Axis::channel, 1};
    if (tiles && cores > 1 && columns >= 2 && std::uint64_t{rows} * columns >= 2 * cores)
      candidates[n++] = {Axis::x, Axis::y, std::min(rows, static_cast<std::uint32_t>(std::ceil(std::sqrt(cores))))};
    if (channels > 1 && (channels >= 2 * cores || rows == 1)) candidates[n++] = {Axis::channel, Axis::y, 1};
    // Channel parts, each laid out by rows; then bands of rows, each laid out by channels or by columns.
    for (std::uint32_t parts = 2; parts <= channels && n < 40; parts *= 2)
      candidates[n++] = {Axis::y, Axis::channel, parts};
    candidates[n++] = {Axis::y, Axis::channel, channels};
    for (std::uint32_t parts = 2; parts <= rows && n < 60; parts *= 2)
      candidates[n++] = {Axis::channel, Axis::y, parts};
    candidates[n++] = {Axis::channel, Axis::y, rows};
    candidates[n++] = {Axis::x, Axis::y, rows};
    for (std::size_t i = 0; i < n; ++i)
      if (piece_fits(whole, candidates[i])) return candidates[i];
    return std::nullopt;
  }

  /// Most positions of `rest` (from its begin) that fit on a core.
  std::uint32_t most(const hw::Slice& rest, Axis axis, const Load& used) const {
    std::uint32_t good = 0, bad = length(rest, axis) + 1;
    while (bad - good > 1) {
      const std::uint32_t middle = good + (bad - good) / 2;
      (fits(used, load_of(cost_, cut(rest, axis, 0, middle))) ? good : bad) = middle;
    }
    return good;
  }

  /// One part of a layer.
  bool lay_out(hw::Slice rest, const Cut& c, std::uint32_t part) {
    const Axis axis = c.along;
    const auto cores = static_cast<std::uint32_t>(used_.size());
    const std::uint32_t share = style_.even ? even_share(rest, c) : length(rest, axis);
    const std::uint32_t first = first_core(rest, c, part, share);
    const std::uint32_t tries = style_.revisit ? cores : cores - here_;
    for (std::uint32_t i = 0; i < tries; ++i) {
      const std::uint32_t at = (first + i) % cores;
      const std::uint32_t left = length(rest, axis);
      const std::uint32_t n = std::min(share, most(rest, axis, used_[at]));
      if (n == 0 || (n < left && sliver(rest, axis, n, used_[at]))) continue;
      hw::Slice slice = cut(rest, axis, 0, n);
      const Load more = load_of(cost_, slice);
      used_[at].work += more.work;
      used_[at].weights += more.weights;
      used_[at].state += more.state;
      slowest_[slice.layer] = std::max(slowest_[slice.layer], more.work);
      slice.core = at;
      result_.slices.push_back(slice);
      here_ = at;
      if (n == left) return true;
      rest = cut(rest, axis, n, left);
    }
    return false;
  }

  std::uint32_t even_share(const hw::Slice& part, const Cut& c) const {
    const auto cores = c.across > 0 ? c.across : static_cast<std::uint32_t>(used_.size());
    const std::uint32_t share = (length(part, c.along) + cores - 1) / cores;
    if (c.along != Axis::channel || !style_.whole_lanes || !fans_out(part.layer)) return share;
    const std::uint32_t lanes = cost_.core().lanes;
    return std::min(length(part, c.along), (share + lanes - 1) / lanes * lanes);
  }

  /// Whether an event reaches many channels, which then fill the lanes; pools and depthwise layers reach one.
  bool fans_out(models::LayerId layer) const {
    const auto& branches = cost_.network().layers[layer].branches;
    return std::any_of(branches.begin(), branches.end(), [](const models::Branch& b) {
      return b.kind == models::BranchKind::convolution && (b.groups == 1 || b.input.channels != b.groups);
    });
  }

  /// Tiles of all layers stand on the same cores, so that most events stay near; what needs fewer cores goes where
  /// there is least to do.
  std::uint32_t first_core(const hw::Slice& part, const Cut& c, std::uint32_t index, std::uint32_t share) const {
    if (!style_.revisit) return here_;
    if (c.across > 0) return index * c.across;
    const bool all = (length(part, c.along) + share - 1) / share >= used_.size();
    return style_.even && !all ? least_loaded() : 0;
  }

  std::uint32_t least_loaded() const {
    const auto least =
        std::min_element(used_.begin(), used_.end(), [](const Load& a, const Load& b) { return a.work < b.work; });
    return static_cast<std::uint32_t>(least - used_.begin());
  }

  /// A small remainder of a core is better left free than given a sliver of a layer that goes on elsewhere: every core
  /// that holds a part of a layer receives and decodes its events.
  bool sliver(const hw::Slice& rest, Axis axis, std::uint32_t n, const Load& used) const {
    if (!std::isfinite(budget_) || style_.revisit || used.work == 0) return false;
    return cost_.cycles(cut(rest, axis, 0, n)) < 0.08 * budget_;
  }

  const SliceCost& cost_;
  PackingStyle style_;
  double budget_;
  std::vector<Load> used_;
  std::vector<double> slowest_;  ///< by layer: cycles of its largest slice
  std::uint32_t here_ = 0;
  Packing result_;
};

// copied weights, revisit, largest first, even, whole lanes
constexpr std::array styles{
    PackingStyle{1, true, false, true, true},       PackingStyle{0.25, true, false, true, true},
    PackingStyle{0.12, true, false, true, true},    PackingStyle{0.04, true, false, true, true},
    PackingStyle{0.01, true, false, true, true},    PackingStyle{0.5, false, false, false, false},
    PackingStyle{0.25, false, false, false, false}, PackingStyle{0.12, false, false, false, false},
    PackingStyle{0.04, false, false, false, false}, PackingStyle{0, false, false, false, false},
    PackingStyle{0.25, true, false, false, false},  PackingStyle{0.04, true, false, false, false},
    PackingStyle{0, true, false, false, false},     PackingStyle{0.04, true, true, false, false},
    PackingStyle{0, true, true, false, false},      PackingStyle{0, true, false, true, false},
    PackingStyle{1, true, false, true, false},
};
constexpr double unlimited = std::numeric_limits<double>::infinity();

}  // namespace

std::optional<Packing> pack(const SliceCost& cost, std::uint32_t cores, const PackingStyle& style, double budget) {
  return Packer(cost, cores, style, budget).run();
}

bool can_pack(const SliceCost& cost, std::uint32_t cores) {
  return std::any_of(styles.begin(), styles.end(),
                     [&](const auto& style) { return pack(cost, cores, style, unlimited).has_value(); });
}

namespace {

/// Smallest budget that this style can keep, by bisection between the mean and what it needs without a limit.
std::optional<Packing> balance(const SliceCost& cost, std::uint32_t cores, const PackingStyle& style, double mean) {
  auto best = pack(cost, cores, style, unlimited);
  if (!best || style.even) return best;
  double low = 0.98 * mean, high = best->busiest;
  for (int i = 0; i < 14 && high > 1.01 * low; ++i) {
    const double middle = std::sqrt(low * high);
    auto found = pack(cost, cores, style, middle);
    if (!found) {
      low = middle;
      continue;
    }
    high = middle;
    if (found->cost() < best->cost()) best = std::move(found);
  }
  return best;
}

}  // namespace

std::optional<Packing> pack_balanced(const SliceCost& cost, std::uint32_t cores) {
  double work = 0;
  for (models::LayerId l = 1; l < cost.network().layers.size(); ++l)
    work += cost.cycles(whole_layer(cost.network(), l));
  std::optional<Packing> best;
  for (const auto& style : styles) {
    auto found = balance(cost, cores, style, work / cores);
    if (!found) continue;
    if (!best || found->cost() < 0.95 * best->cost()) best = std::move(found);
  }
  return best;
}

}  // namespace deltasim::sim
