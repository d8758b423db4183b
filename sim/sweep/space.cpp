#include "sim/sweep/space.hpp"

#include "sim/sweep/column_names.hpp"
#include "sim/sweep/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace deltasim::sim {
namespace {

/// Points go through axes with a higher number faster: they leave more of the work as it is.
int speed_of(const std::string& pointer) {
  const auto inside = [&](const std::string& key) { return pointer == key || pointer.rfind(key + "/", 0) == 0; };
  if (inside("/energy")) return 3;
  if (inside("/hardware") || inside("/systolic") || inside("/mapping")) return 2;
  return inside("/delta") ? 1 : 0;
}

std::vector<std::string> pointers_of(const LeafConfig& leaf) {
  return leaf.pointers.empty() ? std::vector<std::string>{leaf.pointer} : leaf.pointers;
}

/// 12 digits: 0.3 instead of 0.30000000000000004; whole numbers without a fraction.
Json rounded(double value, bool integer) {
  constexpr double exact = 9e15;
  if (!integer) value = std::stod(fmt::format("{:.12g}", value));
  const double whole = std::round(value);
  if ((integer || whole == value) && std::abs(whole) < exact) return static_cast<std::int64_t>(whole);
  return value;
}

double between(const RangeConfig& range, double part) {
  if (part <= 0.0) return range.from;
  if (part >= 1.0) return range.to;
  return range.scale == AxisScale::log ? range.from * std::pow(range.to / range.from, part)
                                       : range.from + (range.to - range.from) * part;
}

}  // namespace

SweepSpace::SweepSpace(const SweepConfig& config, const Document& document,
                       const std::function<bool(const std::string&, const std::string&)>& holds_integers,
                       const std::vector<std::string>& taken)
    : sample_(config.sample) {
  const bool sampled = sample_.method != SampleMethod::product;
  for (std::size_t i = 0; i < config.axes->size(); ++i) {
    const AxisConfig& given = (*config.axes)[i];
    const std::string place = fmt::format("/axes/{}", i);
    Axis axis;
    const auto add = [&](const LeafConfig& leaf, const std::string& at) {
      axis.leaves.push_back({leaf, at, leaf.range ? leaf.range->steps.value_or(0) : leaf.values.size(), false});
      for (std::size_t k = 0; k < pointers_of(leaf).size(); ++k)
        axis.leaves.back().integer |= holds_integers(
            pointers_of(leaf)[k], leaf.pointers.empty() ? at + "/pointer" : fmt::format("{}/pointers/{}", at, k));
      axis.leaves.back().integer |= leaf.range && leaf.range->integer;
    };
    if (!given.zip) add(given, place);
    for (std::size_t k = 0; given.zip && k < given.zip->size(); ++k)
      add((*given.zip)[k], fmt::format("{}/zip/{}", place, k));
    settle(axis, document, place, sampled);
    axes_.push_back(std::move(axis));
    if (!sampled && size_ > most_points / axes_.back().size)
      throw document.error("/axes", "have too many combinations", fmt::format("at most {}, or a sample", most_points));
    size_ *= sampled ? 1 : axes_.back().size;
  }
  if (sampled) size_ = *sample_.points;
  order_.resize(axes_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) { return axes_[a].speed < axes_[b].speed; });
  id_digits_ = std::max(id_digits_, static_cast<int>(std::to_string(size_ - 1).size()));
  name_columns(document, taken);
}

void SweepSpace::settle(Axis& axis, const Document& document, const std::string& place, bool sampled) const {
  axis.speed = speed_of(pointers_of(axis.leaves[0])[0]);
  for (const Leaf& leaf : axis.leaves) {
    for (const std::string& pointer : pointers_of(leaf)) axis.speed = std::min(axis.speed, speed_of(pointer));
    if (leaf.size == 0) continue;
    if (axis.size > 0 && axis.size != leaf.size)
      throw document.error(place + "/zip", fmt::format("joins {} and {} values", axis.size, leaf.size),
                           "as many values each");
    axis.size = leaf.size;
  }
  if (axis.size == 0 && !sampled)
    throw document.error(axis.leaves[0].place + "/range", "has no steps, but every combination is to be run",
                         "the key 'steps', or a sample (random, latin_hypercube)");
  for (Leaf& leaf : axis.leaves) {
    leaf.size = axis.size;
    check_steps(leaf, document);
  }
}

void SweepSpace::check_steps(const Leaf& leaf, const Document& document) {
  if (!leaf.range || !leaf.integer) return;
  for (std::uint64_t step = 1; step < leaf.size; ++step) {
    const Json before = range_value(leaf, {step - 1, 0.0}), now = range_value(leaf, {step, 0.0});
    if (before == now && leaf.range->from != leaf.range->to)
      throw document.error(
          leaf.place + "/range",
          fmt::format("has {} steps, but steps {} and {} are both {}", leaf.size, step, step + 1, now.dump()),
          "fewer steps: this key holds integers");
  }
}

void SweepSpace::name_columns(const Document& document, const std::vector<std::string>& taken) {
  std::vector<ColumnName> names;
  for (std::size_t a = 0; a < axes_.size(); ++a)
    for (const Leaf& leaf : axes_[a].leaves) {
      const auto pointers = pointers_of(leaf);
      const bool one = pointers.size() == 1 || !leaf.labels.empty();
      if (!one && !leaf.name.empty())
        throw document.error(leaf.place + "/name", fmt::format("is one name for {} columns", pointers.size()),
                             "no name, or 'labels' for a single column");
      const auto numeric = [&](std::size_t p) {
        if (leaf.range) return true;
        for (std::size_t i = 0; i < leaf.values.size(); ++i)
          if (!leaf.labels.empty() || !list_value(leaf, i, p).is_number()) return false;
        return true;
      };
      for (std::size_t p = 0; p < (one ? 1 : pointers.size()); ++p) {
        names.push_back({leaf.name, pointers[p], leaf.place});
        columns_.push_back({"", one ? pointers : std::vector{pointers[p]}, a, numeric(p),
                            leaf.range && leaf.range->scale == AxisScale::log});
      }
    }
  const auto settled = settle_names(names, taken, document);
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].name = settled[i];
}

SweepSpace::Position SweepSpace::position(std::size_t axis, std::uint64_t index) const {
  const std::uint64_t size = axes_[axis].size;
  if (sample_.method == SampleMethod::product) {
    std::uint64_t faster = 1;
    for (std::size_t a = axis + 1; a < axes_.size(); ++a) faster *= axes_[a].size;
    return {index / faster % size, 0.0};
  }
  double unit = random_unit(sample_.seed, axis, index);
  if (sample_.method == SampleMethod::latin_hypercube) {
    const auto points = static_cast<double>(size_);
    unit = (static_cast<double>(Permutation(size_, sample_.seed, axis)(index)) + unit) / points;
  }
  if (size == 0) return {0, unit};
  return {std::min(size - 1, static_cast<std::uint64_t>(unit * static_cast<double>(size))), unit};
}

Json SweepSpace::range_value(const Leaf& leaf, const Position& position) {
  const double part = leaf.size == 0   ? position.unit
                      : leaf.size == 1 ? 0.0
                                       : static_cast<double>(position.step) / static_cast<double>(leaf.size - 1);
  return rounded(between(*leaf.range, part), leaf.integer);
}

Json SweepSpace::list_value(const Leaf& leaf, std::uint64_t step, std::size_t pointer) {
  return leaf.pointers.empty() ? leaf.values[step] : leaf.values[step][pointer];
}

std::vector<Json> SweepSpace::cells(std::uint64_t index) const {
  std::vector<Json> result;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const Position at = position(a, index);
    for (const Leaf& leaf : axes_[a].leaves) {
      if (leaf.range)
        result.push_back(range_value(leaf, at));
      else if (!leaf.labels.empty())
        result.emplace_back(leaf.labels[at.step]);
      else
        for (std::size_t p = 0; p < pointers_of(leaf).size(); ++p) result.push_back(list_value(leaf, at.step, p));
    }
  }
  return result;
}

std::vector<Setting> SweepSpace::settings(std::uint64_t index) const {
  std::vector<Setting> result;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const Position at = position(a, index);
    for (const Leaf& leaf : axes_[a].leaves) {
      if (leaf.range) result.push_back({leaf.pointer, range_value(leaf, at), leaf.place + "/range"});
      const auto pointers = pointers_of(leaf);
      for (std::size_t p = 0; !leaf.range && p < pointers.size(); ++p)
        result.push_back(
            {pointers[p], list_value(leaf, at.step, p),
             fmt::format("{}/values/{}{}", leaf.place, at.step, leaf.pointers.empty() ? "" : fmt::format("/{}", p))});
    }
  }
  const auto depth = [](const Setting& s) { return std::count(s.pointer.begin(), s.pointer.end(), '/'); };
  std::stable_sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return depth(a) < depth(b); });
  return result;
}

std::uint64_t SweepSpace::in_order(std::uint64_t position) const {
  if (sample_.method != SampleMethod::product) return position;
  std::vector<std::uint64_t> step(axes_.size());
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    step[*it] = position % axes_[*it].size;
    position /= axes_[*it].size;
  }
  std::uint64_t index = 0;
  for (std::size_t a = 0; a < axes_.size(); ++a) index = index * axes_[a].size + step[a];
  return index;
}

std::string SweepSpace::id(std::uint64_t index) const { return fmt::format("{:0{}}", index, id_digits_); }

std::optional<std::uint64_t> SweepSpace::index_of(const std::string& id) const {
  if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const std::uint64_t index = std::stoul(id);
  if (index >= size_) return std::nullopt;
  return index;
}

}  // namespace deltasim::sim
