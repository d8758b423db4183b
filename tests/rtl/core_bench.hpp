#pragma once

#include "sim/validation/core_traffic.hpp"

#include <stdexcept>
#include <vector>

namespace deltasim::test {

/// hw/rtl/types_pkg.sv: what the load port writes, the registers, the bits of a flit.
enum class Load : std::uint8_t { reg, weight, bias, multiplier };
enum class Reg : std::uint8_t {
  out_y,
  out_x,
  out_c,
  first_y,
  first_x,
  first_c,
  kernel_y,
  kernel_x,
  stride_y,
  stride_x,
  dilation_y,
  dilation_x,
  pad_y,
  pad_x,
  in_group,
  out_group,
  low,
  high,
  all,
  raw,
  weight_lead,
  state_words,
  producers,
  consumers,
  sender,
  event_dest,
  end_dest,
  ready_dest
};

struct LoadEntry {
  Load what;
  std::uint32_t address, data;
};
/// What a core needs to know before the first flit.
std::vector<LoadEntry> load_of(const sim::CoreSequence& sequence, const sim::CoreWorkload& workload);

/// The numbers of kind_e.
inline std::uint32_t rtl_kind(hw::PacketKind kind) {
  switch (kind) {
    case hw::PacketKind::event:
      return 0;
    case hw::PacketKind::output:
      return 1;
    case hw::PacketKind::end_of_frame:
      return 2;
    case hw::PacketKind::ready:
      return 3;
    default:
      throw std::logic_error("RTL evaluates at the end of a frame and knows no tokens of rows");
  }
}
inline hw::PacketKind kind_of_rtl(std::uint32_t kind) {
  constexpr hw::PacketKind kinds[] = {hw::PacketKind::event, hw::PacketKind::output, hw::PacketKind::end_of_frame,
                                      hw::PacketKind::ready};
  return kinds[kind];
}

template <typename Words>
void pack(const sim::CoreFlit& flit, Words& words) {
  words[0] = static_cast<std::uint32_t>(flit.event.value);
  words[1] = flit.event.channel << 20 | std::uint32_t{flit.event.y} << 10 | flit.event.x;
  words[2] = rtl_kind(flit.kind) << 30 | std::uint32_t{flit.key} << 29 | (flit.frame & 255) << 21;
}

template <typename Words>
sim::CoreFlit unpack(const Words& words) {
  sim::CoreFlit flit;
  flit.event.value = static_cast<std::int32_t>(words[0]);
  flit.event.channel = words[1] >> 20;
  flit.event.y = static_cast<std::uint16_t>(words[1] >> 10 & 1023);
  flit.event.x = static_cast<std::uint16_t>(words[1] & 1023);
  flit.kind = kind_of_rtl(words[2] >> 30);
  flit.key = (words[2] >> 29 & 1) != 0;
  flit.frame = words[2] >> 21 & 255;
  return flit;
}

/// Drives a verilated core with a sequence's traffic.
template <typename Top>
class RtlBench {
 public:
  RtlBench(const sim::CoreSequence& sequence, const sim::CoreWorkload& workload) : traffic_(sequence, workload) {
    top_.rst_n = 0;
    step();
    step();
    top_.rst_n = 1;
    top_.load_en = 1;
    for (const LoadEntry& entry : load_of(sequence, workload)) {
      top_.load_what = static_cast<std::uint8_t>(entry.what);
      top_.load_address = entry.address;
      top_.load_data = entry.data;
      step();
    }
    top_.load_en = 0;
  }

  std::vector<sim::CoreTaken> run() {
    constexpr std::uint64_t limit = 2'000'000;
    for (std::uint64_t now = 0; !traffic_.finished(); ++now) {
      if (now == limit) throw std::logic_error("the RTL core does not finish");
      const sim::CoreFlit* flit = traffic_.offered(now);
      top_.in_valid = flit != nullptr;
      if (flit != nullptr) pack(*flit, top_.in_flit);
      if (flit != nullptr && top_.in_ready) traffic_.accepted(now);
      const bool takes = top_.out_valid && traffic_.takes(now);
      top_.out_ready = takes;
      if (takes) traffic_.taken(now, unpack(top_.out_flit));
      step();
    }
    return traffic_.log();
  }

 private:
  void step() {
    top_.clk = 0;
    top_.eval();
    top_.clk = 1;
    top_.eval();
  }

  sim::CoreTraffic traffic_;
  Top top_;
};

}  // namespace deltasim::test
