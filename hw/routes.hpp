#pragma once

#include "hw/params.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace deltasim::hw {

/// Ports of a router. Opposite directions differ in bit 1.
enum class Port : std::uint8_t { north, east, south, west, core, input_port, output_port };
inline constexpr std::uint32_t port_total = 7;
inline constexpr std::array<Port, 4> directions{Port::north, Port::east, Port::south, Port::west};
inline constexpr Port opposite(Port p) { return static_cast<Port>(static_cast<std::uint8_t>(p) ^ 2u); }
inline constexpr std::uint8_t bit(Port p) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(p)); }

/// Sets of destinations, and the XY tree along which a packet reaches them: first along its row, then along columns.
/// Endpoints: cores row-major, then the input port, then the output port.
class Routes {
 public:
  using Id = std::uint32_t;

  explicit Routes(const ChipParams& chip);

  std::uint32_t cores() const { return cores_; }
  std::uint32_t input_port() const { return cores_; }
  std::uint32_t output_port() const { return cores_ + 1; }
  std::uint32_t router_of(std::uint32_t endpoint) const;

  /// The same set gets the same id. 0 is the empty set. Duplicates are dropped.
  Id intern(std::vector<std::uint32_t> endpoints);
  Id single(std::uint32_t endpoint) { return intern({endpoint}); }
  const std::vector<std::uint32_t>& endpoints(Id id) const { return sets_[id].endpoints; }

  /// Where a packet is: the router and the port by which it came in.
  static std::uint32_t place(std::uint32_t router, Port from) {
    return router * arrivals + (from >= Port::core ? arrivals - 1 : static_cast<std::uint32_t>(from));
  }
  /// Output ports (a bit for each) by which a packet at `place` leaves; 0 only for the empty set.
  std::uint8_t outputs(Id id, std::uint32_t place) {
    if (places_tabulated_ == 0) return compute(id, place);
    std::uint8_t& known = outputs_[std::size_t{id} * places_tabulated_ + place];
    if (known == 0) known = compute(id, place);
    return known;
  }
  std::uint8_t outputs(Id id, std::uint32_t router, Port from) { return outputs(id, place(router, from)); }
  /// Links between routers in the tree from `router`.
  std::uint64_t links(Id id, std::uint32_t router);

 private:
  struct Set {
    std::vector<std::uint32_t> endpoints;
    std::map<std::uint32_t, std::uint64_t> links;
  };
  static constexpr std::uint32_t arrivals = 5;  ///< directions, and whatever is attached to the router
  std::uint8_t compute(Id id, std::uint32_t place) const;
  std::uint64_t count_links(Id id, std::uint32_t router, Port from);
  Port exit_of(std::uint32_t endpoint) const;

  std::uint32_t columns_, rows_, cores_, input_router_, output_router_;
  std::vector<Set> sets_;
  std::size_t places_tabulated_;       ///< for each set; 0 on very large meshes
  std::vector<std::uint8_t> outputs_;  ///< by set and place; 0 = not asked yet
  std::map<std::vector<std::uint32_t>, Id> known_;
};

}  // namespace deltasim::hw
