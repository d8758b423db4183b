#include "tests/rtl/noc/mesh_network_rtl.hpp"

#include "hw/flit_queue.hpp"
#include "hw/integration.hpp"
#include "hw/plan.hpp"
#include "tests/rtl/core_bench.hpp"

#include <Vcore_16.h>
#include <Vcore_4.h>
#include <Vmesh_of_cores.h>
#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <map>

namespace deltasim::test {
namespace {

constexpr std::uint32_t destinations = 0x1fff;     // bits of flit_t.dest
constexpr std::uint32_t mesh_endpoint_flits = 64;  // as verilated

/// Writes what the cores need to know before the first flit.
class Loader {
 public:
  Loader(const sim::MeshNetwork& network, hw::Plan& plan, const hw::CoreParams& core, std::vector<LoadEntry>& entries)
      : network_(network), plan_(plan), core_(core), entries_(entries) {}

  void load(std::uint32_t index) {
    const hw::Slice& slice = plan_.slices()[index];
    const models::Layer& layer = network_.network.layers[slice.layer];
    geometry(slice, layer);
    traffic(index, slice, layer);
    numbers(slice, layer.branches.front(), layer.output.channels);
  }
  std::uint32_t mask(hw::Routes::Id route) const {
    std::uint32_t bits = 0;
    for (const std::uint32_t endpoint : plan_.routes().endpoints(route)) bits |= 1u << endpoint;
    return bits;
  }

 private:
  void write(Load what, std::uint32_t address, std::int64_t data) {
    entries_.push_back({what, address, static_cast<std::uint32_t>(data)});
  }
  void set(Reg reg, std::int64_t value) { write(Load::reg, static_cast<std::uint32_t>(reg), value); }

  void geometry(const hw::Slice& slice, const models::Layer& layer) {
    const models::Branch& branch = layer.branches.front();
    set(Reg::out_y, slice.y_end - slice.y_begin);
    set(Reg::out_x, slice.x_end - slice.x_begin);
    set(Reg::out_c, slice.channel_end - slice.channel_begin);
    set(Reg::first_y, slice.y_begin);
    set(Reg::first_x, slice.x_begin);
    set(Reg::first_c, slice.channel_begin);
    set(Reg::kernel_y, branch.window.kernel_h);
    set(Reg::kernel_x, branch.window.kernel_w);
    for (const Reg one : {Reg::stride_y, Reg::stride_x, Reg::dilation_y, Reg::dilation_x}) set(one, 1);
    set(Reg::pad_y, branch.window.pad_top);
    set(Reg::pad_x, branch.window.pad_left);
    set(Reg::in_group, branch.input.channels);
    set(Reg::out_group, layer.output.channels);
    set(Reg::low, layer.low);
    set(Reg::high, layer.high);
    set(Reg::all, 0);
    set(Reg::raw, layer.raw_output);
    set(Reg::weight_lead, sim::mesh_weight_lead);
    const hw::Integration integration(branch, layer.output, hw::box_of(slice), core_);
    set(Reg::state_words, static_cast<std::int64_t>(integration.state_words()));
  }
  void traffic(std::uint32_t index, const hw::Slice& slice, const models::Layer& layer) {
    set(Reg::producers, static_cast<std::int64_t>(plan_.producers(index).size()));
    set(Reg::consumers, static_cast<std::int64_t>(plan_.consumers(index).size()));
    set(Reg::sender, index);
    models::DeltaEvent any;
    any.channel = slice.channel_begin;
    any.y = static_cast<std::uint16_t>(slice.y_begin);
    any.x = static_cast<std::uint16_t>(slice.x_begin);
    const hw::Routes::Id events = layer.raw_output ? plan_.output_route() : plan_.route(slice.layer, any);
    if (!layer.raw_output) one_route(slice, events);
    set(Reg::event_dest, mask(events));
    set(Reg::end_dest, mask(plan_.end_route(index)));
    set(Reg::ready_dest, mask(plan_.ready_route(index)));
  }
  /// RTL has one destination register for all events of a slice.
  void one_route(const hw::Slice& slice, hw::Routes::Id route) const {
    models::DeltaEvent e;
    for (std::uint32_t c = slice.channel_begin; c < slice.channel_end; ++c)
      for (std::uint32_t y = slice.y_begin; y < slice.y_end; ++y)
        for (std::uint32_t x = slice.x_begin; x < slice.x_end; ++x) {
          e.channel = c;
          e.y = static_cast<std::uint16_t>(y);
          e.x = static_cast<std::uint16_t>(x);
          REQUIRE(plan_.route(slice.layer, e) == route);
        }
  }
  void numbers(const hw::Slice& slice, const models::Branch& branch, std::uint32_t channels) {
    const std::uint32_t outputs = slice.channel_end - slice.channel_begin;
    const std::size_t rows = branch.weights.size() / channels;  // [ky][kx][input channel]
    for (std::uint32_t row = 0; row < rows; ++row)
      for (std::uint32_t k = 0; k < outputs; ++k)
        write(Load::weight, row * outputs + k, branch.weights[row * channels + slice.channel_begin + k] & 255);
    for (std::uint32_t k = 0; k < outputs; ++k) {
      write(Load::bias, k, branch.bias[slice.channel_begin + k]);
      write(Load::multiplier, k, branch.multiplier[slice.channel_begin + k]);
    }
  }

  const sim::MeshNetwork& network_;
  hw::Plan& plan_;
  const hw::CoreParams& core_;
  std::vector<LoadEntry>& entries_;
};

/// Four verilated cores on a verilated mesh. They are joined where RTL has flip-flops on the cores' side: what a core
/// shows its router depends on nothing that the router says in the same cycle.
template <typename Core>
class Bench {
 public:
  explicit Bench(const sim::MeshNetwork& network)
      : network_(network),
        chip_(sim::mesh_chip(network.build)),
        plan_(network.network, network.mapping, chip_),
        loader_(network, plan_, chip_.core, entries_),
        credits_(chip_.noc.router_queue_flits),
        stalls_(network.stalls, sim::mesh_stall_seed * 0x9e3779b97f4a7c15u + cores),
        sums_(network.frames.size()) {
    REQUIRE(chip_.core.input_queue_flits == mesh_endpoint_flits);
    reset(0);
    clock();
    clock();
    reset(1);
    for (std::uint32_t slice = 0; slice < plan_.slices().size(); ++slice) load(slice);
    for (Core& core : cores_) core.load_en = 0;
  }

  sim::MeshFrames run() {
    for (std::uint64_t now = 0; run_.finished.size() < network_.frames.size(); ++now) {
      REQUIRE_MESSAGE(now < 1000000, "the RTL does not finish");
      give_credits(now);
      join();
      sample(now);
      drive();
      credits_ += mesh_.in_credit >> input_port & 1;
      clock();
    }
    collect();
    return std::move(run_);
  }

 private:
  static constexpr std::uint32_t cores = 4, input_port = 4, output_port = 5;

  void reset(bool value) {
    mesh_.rst_n = value;
    for (Core& core : cores_) core.rst_n = value;
  }
  void clock() {
    for (const std::uint8_t level : {1, 0}) {
      mesh_.clk = level;
      mesh_.eval();
      for (Core& core : cores_) {
        core.clk = level;
        core.eval();
      }
    }
  }
  void load(std::uint32_t slice) {
    entries_.clear();
    loader_.load(slice);
    for (std::uint32_t c = 0; c < cores; ++c) cores_[c].load_en = c == plan_.slices()[slice].core;
    Core& core = cores_[plan_.slices()[slice].core];
    for (const LoadEntry& entry : entries_) {
      core.load_what = static_cast<std::uint8_t>(entry.what);
      core.load_address = entry.address;
      core.load_data = entry.data;
      clock();
    }
  }
  /// All that is between flip-flops in this cycle.
  void join() {
    std::uint8_t valid = 0, ready = 0;
    for (std::uint32_t c = 0; c < cores; ++c) {
      valid |= static_cast<std::uint8_t>((cores_[c].out_valid ? 1u : 0u) << c);
      ready |= static_cast<std::uint8_t>((cores_[c].in_ready ? 1u : 0u) << c);
      for (int word = 0; word < 3; ++word) mesh_.core_flit[c][word] = cores_[c].out_flit[word];
    }
    mesh_.core_valid = valid;
    mesh_.core_ready = ready;
    mesh_.eval();
    for (std::uint32_t c = 0; c < cores; ++c) {
      cores_[c].in_valid = mesh_.out_valid >> c & 1;
      cores_[c].out_ready = mesh_.core_taken >> c & 1;
      for (int word = 0; word < 3; ++word) cores_[c].in_flit[word] = mesh_.out_flit[c][word];
      cores_[c].eval();
    }
  }

  void give_credits(std::uint64_t now) {
    mesh_.out_credit =
        static_cast<std::uint8_t>((ready_taken_ ? 1u << input_port : 0u) | (take_output(now) ? 1u << output_port : 0u));
    ready_taken_ = false;
  }
  /// The input port's part: it answers a ready token in the cycle in which it sees it.
  void drive() {
    mesh_.in_valid = 0;
    std::uint32_t dest = 0;
    sim::CoreFlit flit;
    if (credits_ == 0 || !next_input(flit, dest)) return;
    pack(flit, mesh_.in_flit[input_port]);
    mesh_.in_flit[input_port][2] |= dest;
    mesh_.in_valid = 1u << input_port;
    --credits_;
  }
  /// A flit a cycle while there is room; a frame begins when all readers have evaluated the one before.
  bool next_input(sim::CoreFlit& flit, std::uint32_t& dest) {
    const std::uint64_t readers = plan_.consumers(plan_.input_port()).size();
    if (frame_ == network_.frames.size() || readies_ < frame_ * readers) return false;
    const models::FrameEvents& frame = network_.frames[frame_];
    flit.key = frame.key;
    flit.frame = static_cast<std::uint32_t>(frame_);
    while (dest == 0 && event_ < frame.of_layer[0].size()) {
      flit.event = frame.of_layer[0][event_++];
      dest = loader_.mask(plan_.route(0, flit.event));
    }
    if (dest != 0) return true;
    flit.kind = hw::PacketKind::end_of_frame;
    flit.event = {};
    dest = loader_.mask(plan_.end_route(plan_.input_port()));
    event_ = 0;
    ++frame_;
    return true;
  }
  void sample(std::uint64_t now) {
    if (mesh_.out_valid >> input_port & 1) {
      REQUIRE(unpack(mesh_.out_flit[input_port]).kind == hw::PacketKind::ready);
      ++readies_;
      ready_taken_ = true;
    }
    if ((mesh_.out_valid >> output_port & 1) == 0) return;
    REQUIRE((mesh_.out_flit[output_port][2] & destinations) == 1u << output_port);
    waiting_.push_back({now + 1, unpack(mesh_.out_flit[output_port]), stalls_.draw()});
  }
  /// The output port takes its head after the stalls that were drawn for it.
  bool take_output(std::uint64_t now) {
    if (waiting_.empty() || std::max(waiting_.front().from, free_from_) + waiting_.front().stall > now) return false;
    const sim::CoreFlit flit = waiting_.front().flit;
    waiting_.pop_front();
    free_from_ = now + 1;
    REQUIRE(flit.frame < sums_.size());
    if (flit.kind == hw::PacketKind::output) {
      const models::Shape& shape = network_.network.layers.back().output;
      const std::size_t at = (flit.event.channel * shape.height + flit.event.y) * shape.width + flit.event.x;
      sums_[flit.frame].emplace_back(at, flit.event.value);
      return true;
    }
    REQUIRE(flit.kind == hw::PacketKind::end_of_frame);
    if (++ends_[flit.frame] == plan_.raw_slices()) run_.finished.push_back(now);
    return true;
  }
  /// Outputs that no event reached are not sent: they keep their value.
  void collect() {
    std::vector<std::int64_t> outputs(network_.frames[0].outputs.size());
    for (const auto& frame : sums_) {
      for (const auto& [at, value] : frame) outputs.at(at) = value;
      run_.outputs.push_back(outputs);
    }
  }

  struct Waiting {
    std::uint64_t from;
    sim::CoreFlit flit;
    std::uint32_t stall;
  };
  const sim::MeshNetwork& network_;
  const hw::ChipParams chip_;
  hw::Plan plan_;
  std::vector<LoadEntry> entries_;
  Loader loader_;
  std::array<Core, cores> cores_;
  Vmesh_of_cores mesh_;
  sim::MeshFrames run_;
  std::size_t frame_ = 0, event_ = 0;
  std::uint64_t readies_ = 0;
  std::uint32_t credits_;
  bool ready_taken_ = false;
  hw::RandomStalls stalls_;
  std::deque<Waiting> waiting_;
  std::uint64_t free_from_ = 0;
  std::map<std::uint32_t, std::uint32_t> ends_;
  std::vector<std::vector<std::pair<std::size_t, std::int64_t>>> sums_;  ///< by frame: place and value
};

}  // namespace

sim::MeshFrames run_network_rtl(const sim::MeshNetwork& network) {
  return network.build == 0 ? Bench<Vcore_16>(network).run() : Bench<Vcore_4>(network).run();
}

}  // namespace deltasim::test
