#pragma once

#include "sim/slice_cost.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace deltasim::sim {

/// How layers are cut and laid on a line of cores.
struct PackingStyle {
  /// A layer is cut into tiles (its weights copied to each) where its weights take at most this part of a core's weight
  /// memory; else by output channels.
  double copied_weights = 0.5;
  /// Go back to cores with room left, wherever they are; else only forward along the line.
  bool revisit = false;
  /// Layers with the largest memory need first; else in network order.
  bool largest_first = false;
  /// Every layer is spread evenly over all cores.
  bool even = false;
  /// Channel parts of even layers whose events reach many channels are whole multiples of the lanes, even if fewer
  /// cores get one.
  bool whole_lanes = false;
};

struct Packing {
  std::vector<hw::Slice> slices;  ///< Slice::core: position on the line
  double busiest = 0;             ///< estimated cycles of the core with most work: bounds the frame rate
  double chain = 0;               ///< slowest slices of all layers, one after another: a frame's way through the chip
  /// Layers wait for each other's frames, so both count.
  double cost() const { return busiest + chain; }
};

/// Lays the network on `cores` cores of equal size in a line, none with more work than `budget` cycles; nothing where
/// it cannot. Neighbours in the network are neighbours on the line.
std::optional<Packing> pack(const SliceCost& cost, std::uint32_t cores, const PackingStyle& style, double budget);

/// The best of several styles and budgets; nothing where none fits.
std::optional<Packing> pack_balanced(const SliceCost& cost, std::uint32_t cores);

/// Whether any style fits, balanced or not.
bool can_pack(const SliceCost& cost, std::uint32_t cores);

}  // namespace deltasim::sim
