#include "hw/routes.hpp"

#include <algorithm>

namespace deltasim::hw {
namespace {
constexpr std::uint32_t largest_tabulated_mesh =
    1024;  // 5 bytes a router and set; above, outputs are computed each time
}

Routes::Routes(const ChipParams& chip)
    : columns_(chip.noc.columns),
      rows_(chip.noc.rows),
      cores_(columns_ * rows_),
      input_router_(chip.input_port_column),
      output_router_((rows_ - 1) * columns_ + chip.output_port_column),
      places_tabulated_(cores_ <= largest_tabulated_mesh ? std::size_t{cores_} * arrivals : 0) {
  intern({});
}

std::uint32_t Routes::router_of(std::uint32_t endpoint) const {
  if (endpoint < cores_) return endpoint;
  return endpoint == input_port() ? input_router_ : output_router_;
}

Port Routes::exit_of(std::uint32_t endpoint) const {
  if (endpoint < cores_) return Port::core;
  return endpoint == input_port() ? Port::input_port : Port::output_port;
}

Routes::Id Routes::intern(std::vector<std::uint32_t> endpoints) {
  std::sort(endpoints.begin(), endpoints.end());
  endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
  const auto [found, is_new] = known_.try_emplace(endpoints, static_cast<Id>(sets_.size()));
  if (is_new) {
    sets_.emplace_back().endpoints = std::move(endpoints);
    outputs_.resize(sets_.size() * places_tabulated_);
  }
  return found->second;
}

std::uint8_t Routes::compute(Id id, std::uint32_t place) const {
  const std::uint32_t router = place / arrivals;
  const Port from = static_cast<Port>(place % arrivals);  // whatever is attached counts as the core
  const std::uint32_t column = router % columns_, row = router / columns_;
  std::uint8_t ports = 0;
  for (const std::uint32_t endpoint : sets_[id].endpoints) {
    const std::uint32_t there = router_of(endpoint);
    const std::uint32_t to_column = there % columns_, to_row = there / columns_;
    // What lies elsewhere is served by another branch of the tree.
    if (from == Port::west && to_column < column) continue;
    if (from == Port::east && to_column > column) continue;
    if (from == Port::north && (to_column != column || to_row < row)) continue;
    if (from == Port::south && (to_column != column || to_row > row)) continue;
    if (to_column != column)
      ports |= bit(to_column > column ? Port::east : Port::west);
    else if (to_row != row)
      ports |= bit(to_row > row ? Port::south : Port::north);
    else
      ports |= bit(exit_of(endpoint));
  }
  return ports;
}

std::uint64_t Routes::links(Id id, std::uint32_t router) {
  const auto known = sets_[id].links.find(router);
  if (known != sets_[id].links.end()) return known->second;
  return sets_[id].links[router] = count_links(id, router, Port::core);
}

std::uint64_t Routes::count_links(Id id, std::uint32_t router, Port from) {
  const std::uint8_t ports = outputs(id, router, from);
  std::uint64_t n = 0;
  if (ports & bit(Port::north)) n += 1 + count_links(id, router - columns_, Port::south);
  if (ports & bit(Port::south)) n += 1 + count_links(id, router + columns_, Port::north);
  if (ports & bit(Port::east)) n += 1 + count_links(id, router + 1, Port::west);
  if (ports & bit(Port::west)) n += 1 + count_links(id, router - 1, Port::east);
  return n;
}

}  // namespace deltasim::hw
