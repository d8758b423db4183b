#pragma once

#include "hw/schedule.hpp"
#include "models/event.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::hw {

enum class PacketKind : std::uint8_t {
  event,         ///< events of a pixel, to the cores that hold a consumer of them
  output,        ///< one output neuron's sum, to the output port
  end_of_rows,   ///< the sender has sent one more announced row of this frame, and all above (depth first)
  end_of_frame,  ///< the sender has sent everything of this frame
  ready,         ///< the sender has evaluated this frame and can take the next
};

/// What travels. Senders are slices by index; the input port comes after the last slice.
struct Packet {
  const models::DeltaEvent* events = nullptr;  ///< of the stream, which keeps them until nobody can hold the packet
  Cycle injected = 0;                          ///< its age decides under oldest_first
  std::uint32_t frame = 0;
  std::uint32_t layer = 0;
  std::uint32_t sender = 0;
  std::uint32_t route = 0;   ///< of Routes
  std::uint32_t copies = 0;  ///< endpoints that have not taken it yet
  std::uint16_t flits = 1;
  std::uint16_t values = 1;  ///< events of one pixel, one sender and one route
  PacketKind kind = PacketKind::event;
};

/// Packets in flight, without an allocation for each.
class PacketPool {
 public:
  using Id = std::uint32_t;

  Id make() {
    if (free_.empty()) {
      packets_.emplace_back();
      return static_cast<Id>(packets_.size() - 1);
    }
    const Id id = free_.back();
    free_.pop_back();
    return id;
  }
  Packet& operator[](Id id) { return packets_[id]; }
  const Packet& operator[](Id id) const { return packets_[id]; }
  /// One endpoint has taken its copy.
  void take(Id id) {
    if (--packets_[id].copies == 0) free_.push_back(id);
  }
  std::size_t in_flight() const { return packets_.size() - free_.size(); }

 private:
  std::vector<Packet> packets_;
  std::vector<Id> free_;
};

}  // namespace deltasim::hw
