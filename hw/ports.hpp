#pragma once

#include "hw/sender.hpp"

#include <vector>

namespace deltasim::hw {

/// Sends the network's input, layer 0, frame by frame.
///
/// Timing: one flit a cycle; a frame begins when every slice that reads the input has evaluated the frame before.
/// Counts: as a core's sending half. Limits: the queue behind the port holds what the chip cannot take yet.
class InputPort final : public Unit {
 public:
  /// `queue`: to the router; `tokens`: from the router.
  InputPort(const Chip& chip, FlitQueue& queue, FlitQueue& tokens);

  void wake(Cycle now) override;
  std::string state() const;

 private:
  void take_tokens(Cycle now);
  bool begin_frame(Cycle now);
  bool send_events(Cycle now);
  void announce_rows(std::uint32_t row);
  void send(Packet& packet, Routes::Id route);

  const Chip& chip_;
  Sender sender_;
  FlitQueue& tokens_;
  std::uint64_t frame_ = 0;
  bool in_frame_ = false;
  std::size_t next_event_ = 0;
  std::size_t announced_ = 0;  ///< rows of the frame, depth first
  Cycle free_at_ = 0;          ///< when the next flit can be sent
  std::uint64_t readies_ = 0;
};

/// Takes the network's output: a frame is finished when all slices with raw outputs have sent their last flit.
/// Timing: one flit a cycle.
class OutputPort final : public Unit {
 public:
  OutputPort(const Chip& chip, FlitQueue& queue, std::function<void(std::uint64_t)> progress);

  void wake(Cycle now) override;
  std::uint64_t finished() const { return finished_; }
  Cycle last_work() const { return last_work_; }

 private:
  void end_of_frame(std::uint64_t frame, Cycle now);

  const Chip& chip_;
  FlitQueue& queue_;
  const std::function<void(std::uint64_t)> progress_;
  std::vector<std::uint32_t> tokens_;  ///< by frame
  std::uint64_t finished_ = 0;
  Cycle last_work_ = 0;
};

}  // namespace deltasim::hw
