#pragma once

#include <cstdint>
#include <optional>
#include <vector>

/// The chip, as plain data. Defaults stand here and nowhere else; `describe` (used for reading, checking, writing and
/// documenting) gives every field its key, range, unit and meaning.
namespace deltasim::hw {

struct MemoryParams {
  std::uint64_t size_bytes = 131072;
  std::uint32_t banks = 4;
  std::uint32_t word_bits = 64;
  std::uint32_t ports = 1;  ///< accesses that one bank serves in a cycle
  std::uint32_t turnaround_cycles = 0;
};

template <class Archive>
void describe(Archive& a, MemoryParams& p) {
  a.field("size_bytes", p.size_bytes, std::uint64_t{64}, std::uint64_t{1} << 40, "capacity in bytes");
  a.field("banks", p.banks, 1u, 256u, "banks, interleaved by word");
  a.field("word_bits", p.word_bits, 8u, 1024u, "width of a word in bits; a multiple of 8");
  a.field("ports", p.ports, 1u, 4u, "accesses that one bank serves in a cycle");
  a.field("turnaround_cycles", p.turnaround_cycles, 0u, 1000u,
          "further cycles where banks with one port turn from reading to writing");
}

enum class Evaluate : std::uint8_t { touched, all };
inline constexpr const char* names_of(Evaluate) { return "touched,all"; }

/// When a slice may evaluate: once its frame is closed, or row by row.
enum class SliceSchedule : std::uint8_t { frame_barrier, depth_first };
inline constexpr const char* names_of(SliceSchedule) { return "frame_barrier,depth_first"; }

/// What happens to an event that reaches a full input queue of a core.
enum class QueuePolicy : std::uint8_t { back_pressure, drop };
inline constexpr const char* names_of(QueuePolicy) { return "back_pressure,drop"; }

struct CoreParams {
  std::uint32_t lanes = 16;
  std::uint32_t input_queue_flits = 64;
  std::uint32_t output_queue_flits = 64;
  QueuePolicy queue_policy = QueuePolicy::back_pressure;
  std::uint32_t decode_cycles = 1;
  std::uint32_t pipeline_cycles = 3;
  bool decode_overlap = true;
  std::uint32_t packet_cycles = 0;
  std::uint32_t pixel_cycles = 0;
  std::uint32_t send_pixel_cycles = 0;
  std::uint32_t control_instructions = 0;
  std::uint32_t packet_instructions = 0;
  std::uint32_t pixel_instructions = 0;
  std::uint32_t tap_instructions = 0;
  std::uint32_t send_pixel_instructions = 0;
  std::uint32_t step_cycles = 1;
  std::uint32_t group_events = 1;
  bool group_padding = false;
  bool state_overlap = true;
  Evaluate evaluate = Evaluate::touched;
  SliceSchedule schedule = SliceSchedule::frame_barrier;
  std::uint32_t evaluate_lanes = 4;
  std::uint32_t evaluate_cycles = 1;
  std::uint32_t fire_cycles = 0;
  std::uint32_t flag_word_bits = 64;
  std::uint32_t accumulator_bits = 32;
  std::uint32_t reference_bits = 16;
  MemoryParams weight_memory{131072, 2, 64, 1};
  MemoryParams state_memory{131072, 8, 64, 2};
};

template <class Archive>
void describe(Archive& a, CoreParams& p) {
  a.field("lanes", p.lanes, 1u, 4096u, "multiply-accumulates in a cycle");
  a.field("input_queue_flits", p.input_queue_flits, 1u, 1u << 20, "depth of the input event queue in flits");
  a.field("output_queue_flits", p.output_queue_flits, 1u, 1u << 20, "depth of the output event queue in flits");
  a.choice("queue_policy", p.queue_policy,
           "an event that finds its core's input queue full waits in the network, or is dropped and counted");
  a.field("decode_cycles", p.decode_cycles, 0u, 100000u, "cycles to decode one event");
  a.field("decode_overlap", p.decode_overlap, "an event is decoded while the lanes work on the one before it");
  a.field("pipeline_cycles", p.pipeline_cycles, 0u, 100000u,
          "cycles from the end of an event or token until its last addition is written and an evaluation can begin");
  a.field("control_instructions", p.control_instructions, 0u, 100000u,
          "control processor instructions for each event (energy)");
  a.field("packet_cycles", p.packet_cycles, 0u, 100000u, "cycles to decode a packet, besides decode_cycles an event");
  a.field("pixel_cycles", p.pixel_cycles, 0u, 100000u,
          "cycles to set a pixel up; a packet that continues the pixel of the one before it does not pay them");
  a.field("send_pixel_cycles", p.send_pixel_cycles, 0u, 100000u,
          "cycles to make up the packets of a pixel, besides flits");
  a.field("packet_instructions", p.packet_instructions, 0u, 100000u,
          "control processor instructions for each packet (energy)");
  a.field("pixel_instructions", p.pixel_instructions, 0u, 100000u,
          "control processor instructions for each pixel, as pixel_cycles (energy)");
  a.field("tap_instructions", p.tap_instructions, 0u, 100000u,
          "control processor instructions for each kernel tap of an event (energy)");
  a.field("send_pixel_instructions", p.send_pixel_instructions, 0u, 100000u,
          "control processor instructions for each pixel that is sent (energy)");
  a.field("step_cycles", p.step_cycles, 1u, 1000u, "cycles of a lane for one multiply-accumulate");
  a.field("group_events", p.group_events, 1u, 64u,
          "events of one pixel in a packet that share one reading and writing of the state");
  a.field("group_padding", p.group_padding, "zeros fill a group that has fewer events");
  a.field("state_overlap", p.state_overlap, "lanes work while state is read and written; else one after the other");
  a.choice("evaluate", p.evaluate, "neurons the delta unit looks at in a frame: those that an event reached, or all");
  a.choice("schedule", p.schedule,
           "when a slice evaluates: once its frame is closed, or each row as soon as all that reaches it has come");
  a.field("evaluate_lanes", p.evaluate_lanes, 1u, 4096u, "neurons evaluated at a time");
  a.field("evaluate_cycles", p.evaluate_cycles, 1u, 100000u, "least cycles to evaluate neurons of one time");
  a.field("fire_cycles", p.fire_cycles, 0u, 100000u, "further cycles where one of them sends");
  a.field("flag_word_bits", p.flag_word_bits, 1u, 4096u, "touched flags scanned in a cycle");
  a.field("accumulator_bits", p.accumulator_bits, 16u, 64u, "width of an accumulator in the state memory");
  a.field("reference_bits", p.reference_bits, 8u, 32u, "width of a reference value in the state memory");
  a.object("weight_memory", p.weight_memory, "weight SRAM of a core");
  a.object("state_memory", p.state_memory, "state SRAM of a core: accumulators and references");
}

enum class Arbitration : std::uint8_t { round_robin, oldest_first };
inline constexpr const char* names_of(Arbitration) { return "round_robin,oldest_first"; }

struct NocParams {
  std::uint32_t columns = 4;
  std::uint32_t rows = 4;
  std::uint32_t flit_bits = 32;
  std::uint32_t header_flits = 0;
  std::uint32_t values_per_flit = 1;
  std::uint32_t packet_flits = 1;
  std::uint32_t router_queue_flits = 4;
  std::uint32_t hop_cycles = 1;
  Arbitration arbitration = Arbitration::round_robin;
  bool multicast = true;

  /// The most values that a packet carries. Without a header its only flit carries an address of its own.
  std::uint32_t packet_values() const {
    return header_flits == 0 ? 1 : (packet_flits - header_flits) * values_per_flit;
  }
  std::uint32_t flits_of(std::uint32_t values) const {
    return header_flits + (values + values_per_flit - 1) / values_per_flit;
  }
};

template <class Archive>
void describe(Archive& a, NocParams& p) {
  a.field("columns", p.columns, 1u, 256u, "cores in x");
  a.field("rows", p.rows, 1u, 256u, "cores in y");
  a.field("flit_bits", p.flit_bits, 8u, 1024u, "width of a link in bits");
  a.field("header_flits", p.header_flits, 0u, 16u,
          "flits of a packet's header, which names layer and pixel; 0: a packet is one flit with one value and its "
          "address");
  a.field("values_per_flit", p.values_per_flit, 1u, 32u, "values (with their channels) in a flit behind the header");
  a.field("packet_flits", p.packet_flits, 1u, 1024u, "flits of the largest packet; tokens take one");
  a.field("router_queue_flits", p.router_queue_flits, 1u, 4096u, "depth of each router input queue in flits");
  a.field("hop_cycles", p.hop_cycles, 1u, 1000u, "cycles from one router to the next");
  a.choice("arbitration", p.arbitration, "who gets a contested link");
  a.field("multicast", p.multicast, "one event for several cores travels as a tree; else one copy for each core");
}

/// A supply voltage and the clock that it allows.
struct OperatingPoint {
  std::uint32_t mhz = 500;
  double volt = 0.8;
};

template <class Archive>
void describe(Archive& a, OperatingPoint& p) {
  a.required("mhz");
  a.required("volt");
  a.field("mhz", p.mhz, 1u, 10000u, "clock in MHz");
  a.field("volt", p.volt, 0.1, 5.0, "supply voltage that it needs");
}

/// Cores that sleep between frames (energy at the input's frame rate only; the simulated run is at full speed).
/// The fractions are estimates: a memory at its retention voltage leaks a quarter, a gated domain a few percent.
struct PowerGatingParams {
  bool enabled = false;
  std::uint32_t wake_cycles = 1000;
  double retained_leakage = 0.25;
  double off_leakage = 0.03;
};

template <class Archive>
void describe(Archive& a, PowerGatingParams& p) {
  a.field("enabled", p.enabled, "cores sleep from the last output of a frame until the next frame");
  a.field("wake_cycles", p.wake_cycles, 0u, 1000000000u, "cycles from asleep to ready, at full leakage and clock");
  a.field("retained_leakage", p.retained_leakage, 0.0, 1.0,
          "leakage of a sleeping memory that keeps its content, as a fraction: weights always, states where needed");
  a.field("off_leakage", p.off_leakage, 0.0, 1.0,
          "leakage of what is switched off, as a fraction: logic, and states that the next frame does not need");
}

enum class Reuse : std::uint8_t { frame, none };
inline constexpr const char* names_of(Reuse) { return "frame,none"; }

/// Defaults: a 32-bit channel of 1000 MT/s beside cores of 500 MHz, a burst of sixteen beats, 100 ns.
struct DramParams {
  std::uint32_t bits_per_cycle = 64;
  std::uint32_t latency_cycles = 50;
  std::uint32_t burst_bytes = 64;
  std::uint32_t buffer_bytes = 4096;
  Reuse reuse = Reuse::frame;
  Arbitration arbitration = Arbitration::round_robin;
};

template <class Archive>
void describe(Archive& a, DramParams& p) {
  a.field("bits_per_cycle", p.bits_per_cycle, 1u, 65536u, "bandwidth of the channel in bits per cycle of the cores");
  a.field("latency_cycles", p.latency_cycles, 0u, 100000u, "cycles from a granted request to its first bit");
  a.field("burst_bytes", p.burst_bytes, 1u, 4096u, "granularity: every transfer is rounded up to bursts");
  a.field("buffer_bytes", p.buffer_bytes, 1u, 1u << 30,
          "what a slice keeps of a core's memory for weights, or state, that live in DRAM");
  a.choice("reuse", p.reuse, "frame: each word moves once per frame; none: every access of a streamed memory moves");
  a.choice("arbitration", p.arbitration, "which core's request is served first");
}

struct ChipParams {
  std::uint32_t clock_mhz = 500;
  std::optional<double> voltage;
  std::optional<std::vector<OperatingPoint>> operating_points;
  std::uint32_t node_nm = 22;
  std::uint32_t input_port_column = 0;   ///< the input port feeds the router of this column in row 0
  std::uint32_t output_port_column = 0;  ///< the output port drains the router of this column in the last row
  PowerGatingParams power_gating;
  CoreParams core;
  NocParams noc;
  std::optional<DramParams> dram;  ///< absent: everything lives on chip
};

template <class Archive>
void describe(Archive& a, ChipParams& p) {
  a.field("clock_mhz", p.clock_mhz, 1u, 10000u, "clock of cores and network in MHz");
  a.optional("voltage", p.voltage, 0.1, 5.0,
             "supply voltage; null: of operating_points at the clock, without any what the energy table holds for");
  a.objects("operating_points", p.operating_points,
            "clocks and the voltages that they need; the clock is one of them or lies between two");
  a.field("node_nm", p.node_nm, 5u, 180u, "technology node in nm; selects rows of the energy table");
  a.field("input_port_column", p.input_port_column, 0u, 255u, "mesh column whose top router the input port feeds");
  a.field("output_port_column", p.output_port_column, 0u, 255u,
          "mesh column whose bottom router the output port drains");
  a.object("power_gating", p.power_gating, "sleep between frames at the input's frame rate");
  a.object("core", p.core, "every core of the chip");
  a.object("noc", p.noc, "network between the cores");
  a.optional_object("dram", p.dram, "memory beside the chip, for weights and state that do not fit; null: none");
}

}  // namespace deltasim::hw
