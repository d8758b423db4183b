#include "hw/machine.hpp"

#include "hw/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace deltasim::hw {
namespace {

void check_params(const ChipParams& chip, const Mapping& mapping, const MachineOptions& options) {
  const auto refuse = [](const std::string& text) { throw std::invalid_argument(text); };
  const NocParams& noc = chip.noc;
  const std::uint32_t smallest =
      std::min({noc.router_queue_flits, chip.core.input_queue_flits, chip.core.output_queue_flits});
  if (noc.header_flits == 0 ? noc.packet_flits != 1 || noc.values_per_flit != 1 : noc.packet_flits <= noc.header_flits)
    refuse(
        fmt::format("packets of {} flits with {} values a flit behind {} flits of header: without a header a packet "
                    "is one flit with one value, else it must have room for a value",
                    noc.packet_flits, noc.values_per_flit, noc.header_flits));
  if (smallest < noc.packet_flits)
    refuse(
        fmt::format("a packet has up to {} flits, but a queue holds {}: router, input and output queues must hold one",
                    noc.packet_flits, smallest));
  if (chip.input_port_column >= noc.columns || chip.output_port_column >= noc.columns)
    refuse(fmt::format("input_port_column {} and output_port_column {} must be below the mesh's {} columns",
                       chip.input_port_column, chip.output_port_column, noc.columns));
  for (const MemoryParams* memory : {&chip.core.weight_memory, &chip.core.state_memory})
    if (memory->word_bits % 8 != 0) refuse(fmt::format("word_bits {} is not a multiple of 8", memory->word_bits));
  const bool drop = chip.core.queue_policy == QueuePolicy::drop;
  if ((options.check || drop) && options.rules == nullptr)
    refuse(fmt::format("{} needs the rule set", drop ? "queue_policy drop" : "check"));
  const bool in_dram = std::any_of(mapping.slices.begin(), mapping.slices.end(),
                                   [](const Slice& s) { return s.weights_in_dram || s.state_in_dram; });
  if (in_dram && !chip.dram) refuse("the mapping has slices in DRAM, and the chip has none");
}

std::unique_ptr<Kernel> make_kernel(Hosting hosting) {
  if (hosting == Hosting::wheel) return std::make_unique<WheelKernel>();
  return std::make_unique<ProcessKernel>();
}

}  // namespace

MachineResult simulate(const models::Network& network, const Mapping& mapping, const ChipParams& chip_params,
                       models::EventSource& source, const MachineOptions& options) {
  check_params(chip_params, mapping, options);
  Plan plan(network, mapping, chip_params);
  if (plan.raw_slices() == 0) throw std::invalid_argument("the network has no output: no layer is raw_output");
  Ledger ledger(plan, chip_params.noc.columns * chip_params.noc.rows);
  ledger.observe(options.observer);
  Stream stream(source, plan, ledger);
  std::unique_ptr<Functional> functional;
  std::unique_ptr<OwnValues> own;
  if (chip_params.core.queue_policy == QueuePolicy::drop) {
    own = std::make_unique<OwnValues>(plan, *options.rules, stream, options.check);
    stream.let_slices_decide(options.own_frame);
  } else if (options.check)
    functional = std::make_unique<Functional>(plan, *options.rules, stream);
  std::unique_ptr<RowFlow> rows;
  if (chip_params.core.schedule == SliceSchedule::depth_first) {
    if (stream.layer_delay())
      throw std::invalid_argument(
          "layer_delay and schedule depth_first exclude each other: with a delay, a slice "
          "works on what its producers sent in the frame before");
    rows = std::make_unique<RowFlow>(plan);
  }
  PacketPool packets;
  const std::unique_ptr<Kernel> kernel = make_kernel(options.hosting);
  std::optional<Dram> dram;
  if (chip_params.dram) {
    dram.emplace(*chip_params.dram, *kernel, chip_params.noc.columns * chip_params.noc.rows);
    dram->observe(options.observer);
    ledger.result().dram.emplace();
  }
  const Chip chip{chip_params,
                  plan,
                  *kernel,
                  packets,
                  stream,
                  ledger,
                  functional.get(),
                  own.get(),
                  dram ? &*dram : nullptr,
                  rows.get(),
                  options.observer};
  Mesh mesh(chip, options);
  mesh.host_on(*kernel);
  kernel->run();
  mesh.finish(stream.pulled(), ledger);
  if (dram) ledger.result().dram->busy_cycles = dram->busy_cycles();
  if (own) ledger.result().checked_values = own->checked_values();
  if (functional) ledger.result().checked_values = functional->checked_values();
  return std::move(ledger.result());
}

}  // namespace deltasim::hw
