#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// Packet sequences on a 2x2 mesh of routers, the same for the RTL and for hw::Router, and what comes of them.
namespace deltasim::sim {

/// Cores row-major, the input port (north of router 0), the output port (south of router 2).
inline constexpr std::uint32_t mesh_endpoints = 6;

/// Sent by `source` in its order, from cycle `from` on.
struct MeshPacket {
  std::uint64_t from = 0;
  std::uint32_t source = 0;
  std::uint8_t endpoints = 0;  ///< a bit for each destination
  std::uint16_t flits = 1;
};

/// Depths of the queues; the RTL has a mesh for each.
inline constexpr std::array<std::uint32_t, 5> mesh_queue_flits{1, 2, 3, 4, 8};

struct MeshSequence {
  std::string name;
  std::uint32_t queue_flits = 4;  ///< of every queue: routers' inputs and endpoints
  double stall_probability = 0;   ///< of each further cycle that an endpoint lets a packet wait
  std::uint64_t stall_seed = 1;
  std::vector<MeshPacket> packets;
};

/// Every pattern x {1, 3, 1 or 3 flits} x {no stalls, stalls} x queues that hold a packet.
std::vector<MeshSequence> mesh_sequences();

struct MeshArrival {
  std::uint64_t cycle = 0;   ///< in which the endpoint took it
  std::uint32_t packet = 0;  ///< index in the sequence
};

/// What arrived where, in order.
struct MeshArrivals {
  std::array<std::vector<MeshArrival>, mesh_endpoints> at;

  /// Of the last arrival.
  std::uint64_t cycles() const;
  /// Which packet came where in which order; without the cycles.
  std::string order_digest() const;
  /// Largest difference of an arrival's cycle; both must have the same order.
  std::uint64_t largest_difference(const MeshArrivals& other) const;
};

/// On hw::Router units that are joined by FlitQueues.
///
/// Timing: a source is a link: a packet that it begins in cycle c can be granted by its router in c + 1, the next one
/// begins `flits` cycles later, when the router's queue has room for it. An endpoint takes a packet when it is
/// complete, the stalls it drew later, and not before the packet before it has been taken for its flits.
MeshArrivals run_mesh_model(const MeshSequence& sequence);

}  // namespace deltasim::sim
