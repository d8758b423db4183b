#include "sim/validation/core_model.hpp"

#include "hw/core.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace deltasim::sim {
namespace {

/// Wakes the core's units once in every cycle in which they asked for it.
class CycleSchedule final : public hw::Schedule {
 public:
  void add(hw::Unit& unit) {
    number(unit, static_cast<std::uint32_t>(units_.size()));
    units_.push_back(&unit);
    due_.push_back(hw::never);
  }
  void wake(hw::Cycle now) {
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (due_[i] > 2 * now) continue;
      due_[i] = hw::never;
      run(*units_[i], 2 * now);
    }
  }

 private:
  void arm(hw::Unit& unit, hw::Tick tick) override { due_[number(unit)] = tick; }
  std::vector<hw::Unit*> units_;
  std::vector<hw::Tick> due_;
};

/// The other end of the core's queues: asked every cycle anyway.
class Neighbour final : public hw::Unit {
 public:
  Neighbour() : Unit(Phase::whole) {}
  void wake(hw::Cycle) override {}
};

class Recorded final : public models::EventSource {
 public:
  explicit Recorded(const CoreWorkload& workload) : workload_(workload) {}
  bool next(models::FrameEvents& out) override {
    if (next_ == workload_.frames.size()) return false;
    out = workload_.frames[next_++];
    return true;
  }
  const models::StreamTraits& traits() const override { return workload_.traits; }

 private:
  const CoreWorkload& workload_;
  std::size_t next_ = 0;
};

hw::ChipParams chip_of(const CoreSequence& sequence, const CoreWorkload& workload) {
  hw::ChipParams chip;
  chip.core = core_builds()[sequence.build].core;
  chip.core.evaluate = sequence.evaluate;
  chip.core.pipeline_cycles = 2 + workload.weight_lead;
  chip.noc.columns = 2;
  chip.noc.rows = 1;
  return chip;
}

/// The layer on core 0; its reader on core 1, which is not simulated.
hw::Mapping mapping_of(const models::Network& network) {
  hw::Mapping mapping;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const models::Shape& shape = network.layers[l].output;
    mapping.slices.push_back({l, l - 1, 0, shape.channels, 0, shape.height, 0, shape.width});
  }
  return mapping;
}

/// One core with its queues. Slice 0 is the layer, slice 1 its reader.
class ModelBench {
 public:
  ModelBench(const CoreSequence& sequence, const CoreWorkload& workload)
      : params_(chip_of(sequence, workload)),
        traffic_(sequence, workload),
        source_(workload),
        plan_(workload.network, mapping_of(workload.network), params_),
        ledger_(plan_, 2),
        stream_(source_, plan_, ledger_),
        functional_(plan_, workload.rules, stream_),
        chip_{params_, plan_, schedule_, packets_, stream_, ledger_, &functional_, nullptr, nullptr, nullptr},
        input_(schedule_, params_.core.input_queue_flits),
        output_(schedule_, params_.core.output_queue_flits),
        core_(chip_, 0, input_, output_) {
    schedule_.add(core_);
    schedule_.add(neighbour_);
    input_.connect(neighbour_, core_);
    output_.connect(core_, neighbour_);
  }

  std::vector<CoreTaken> run() {
    constexpr hw::Cycle limit = 100'000'000;
    for (hw::Cycle now = 0; !traffic_.finished(); ++now) {
      if (now == limit) throw std::logic_error(fmt::format("the core model does not finish: {}", core_.state()));
      schedule_.wake(now);
      push(now);
      pop(now);
    }
    return traffic_.log();
  }

 private:
  /// Written in this cycle, seen by the core in the next.
  void push(hw::Cycle now) {
    const CoreFlit* flit = traffic_.offered(now);
    if (flit == nullptr || !input_.has_room(1, now)) return;
    const bool ready = flit->kind == hw::PacketKind::ready;
    if (!ready) stream_.has(flit->frame, now);
    const hw::PacketPool::Id id = packets_.make();
    hw::Packet packet;
    packet.kind = flit->kind;
    packet.events = &flit->event;  // which stays where it is while the sequence runs
    packet.frame = flit->frame;
    packet.layer = ready ? 2 : 0;
    packet.sender = ready ? 1 : plan_.input_port();
    packet.copies = 1;
    packets_[id] = packet;
    input_.push(now + 1, id, 0, 1);
    traffic_.accepted(now);
  }

  void pop(hw::Cycle now) {
    if (output_.empty() || output_.front().available > now || !traffic_.takes(now)) return;
    const hw::PacketPool::Id id = output_.front().packet;
    const hw::Packet packet = packets_[id];
    output_.pop(now);
    packets_.take(id);
    CoreFlit flit;
    flit.kind = packet.kind;
    flit.frame = packet.frame;
    flit.key = stream_.frame(packet.frame).key;
    if (packet.kind == hw::PacketKind::event) flit.event = *packet.events;
    traffic_.taken(now, flit);
  }

  const hw::ChipParams params_;
  CoreTraffic traffic_;
  Recorded source_;
  CycleSchedule schedule_;
  hw::PacketPool packets_;
  hw::Plan plan_;
  hw::Ledger ledger_;
  hw::Stream stream_;
  hw::Functional functional_;
  const hw::Chip chip_;
  hw::FlitQueue input_, output_;
  Neighbour neighbour_;
  hw::Core core_;
};

}  // namespace

std::vector<CoreTaken> run_core_model(const CoreSequence& sequence, const CoreWorkload& workload) {
  return ModelBench(sequence, workload).run();
}

}  // namespace deltasim::sim
