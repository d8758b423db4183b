#include "hw/machine.hpp"

#include "hw/core.hpp"
#include "hw/kernel.hpp"
#include "hw/ports.hpp"
#include "hw/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

namespace deltasim::hw {
namespace {

void check_params(const ChipParams& chip, const MachineOptions& options) {
  const auto refuse = [](const std::string& text) { throw std::invalid_argument(text); };
  const NocParams& noc = chip.noc;
  const std::uint32_t smallest =
      std::min({noc.router_queue_flits, chip.core.input_queue_flits, chip.core.output_queue_flits});
  if (smallest < noc.flits_per_event)
    refuse(
        fmt::format("an event has {} flits, but a queue holds only {}: router, input and output queues must hold one",
                    noc.flits_per_event, smallest));
  if (chip.input_port_column >= noc.columns || chip.output_port_column >= noc.columns)
    refuse(fmt::format("input_port_column {} and output_port_column {} must be below the mesh's {} columns",
                       chip.input_port_column, chip.output_port_column, noc.columns));
  for (const MemoryParams* memory : {&chip.core.weight_memory, &chip.core.state_memory})
    if (memory->word_bits % 8 != 0) refuse(fmt::format("word_bits {} is not a multiple of 8", memory->word_bits));
  if (options.check && options.rules == nullptr) refuse("check needs the rule set");
}

std::unique_ptr<Kernel> make_kernel(Hosting hosting) {
  if (hosting == Hosting::wheel) return std::make_unique<WheelKernel>();
  return std::make_unique<ProcessKernel>();
}

/// All units of the chip and the queues between them.
class Mesh {
 public:
  Mesh(const Chip& chip, const MachineOptions& options)
      : chip_(chip),
        noc_(chip.params.noc),
        routers_(noc_.columns * noc_.rows),
        cores_(routers_.size()),
        random_(options.construction_seed),
        permute_(options.construction_seed != 0) {
    for (std::uint32_t i = 0; i < routers_.size(); ++i)
      routers_[i] = std::make_unique<Router>(i, noc_, chip.schedule, chip.plan.routes(), chip.packets);
    for (std::uint32_t i = 0; i < routers_.size(); ++i) {
      add_core(i, options);
      add_links(i);
    }
    add_ports(options);
  }

  void host_on(Kernel& kernel) {
    std::vector<std::pair<std::string, Unit*>> units;
    for (std::size_t i = 0; i < routers_.size(); ++i) {
      units.emplace_back(fmt::format("router_{}", i), routers_[i].get());
      units.emplace_back(fmt::format("core_{}", i), cores_[i].get());
    }
    units.emplace_back("input_port", input_port_.get());
    units.emplace_back("output_port", output_port_.get());
    if (permute_) std::shuffle(units.begin(), units.end(), random_);
    for (const auto& [name, unit] : units) kernel.add(name, *unit);
    for (const auto& [name, unit] : units) kernel.at(*unit, 0);
  }

  void finish(std::uint64_t frames, Ledger& ledger) {
    if (output_port_->finished() != frames) throw std::logic_error(deadlock(frames));
    Cycle end = output_port_->last_work();
    for (const auto& core : cores_) end = std::max(end, core->last_work());
    MachineResult& result = ledger.result();
    result.cycles = end;
    for (const auto& core : cores_) core->finish(end);
    ledger.close_before(frames);
    for (std::uint32_t i = 0; i < routers_.size(); ++i)
      for (const Port port : directions)
        if (has_neighbour(i, port)) result.links.push_back({i, neighbour(i, port), routers_[i]->flits_sent(port)});
  }

 private:
  FlitQueue& queue(std::uint64_t flits) {
    return *queues_.emplace_back(std::make_unique<FlitQueue>(chip_.schedule, flits));
  }

  void add_core(std::uint32_t i, const MachineOptions& options) {
    FlitQueue& input = queue(chip_.params.core.input_queue_flits);
    FlitQueue& output = queue(chip_.params.core.output_queue_flits);
    cores_[i] = std::make_unique<Core>(chip_, i, input, output);
    input.connect(*routers_[i], *cores_[i]);
    output.connect(*cores_[i], *routers_[i]);
    output.stall_at_random(options.output_stall_probability, options.seed * 0x9e3779b97f4a7c15u + i);
    routers_[i]->connect_output(Port::core, input);
    routers_[i]->connect_input(Port::core, output);
  }

  void add_links(std::uint32_t i) {
    for (const Port port : directions) {
      if (!has_neighbour(i, port)) continue;
      Router& to = *routers_[neighbour(i, port)];
      FlitQueue& link = queue(noc_.router_queue_flits);
      link.connect(*routers_[i], to);
      routers_[i]->connect_output(port, link);
      to.connect_input(opposite(port), link);
    }
  }

  void add_ports(const MachineOptions& options) {
    Routes& routes = chip_.plan.routes();
    Router& first = *routers_[routes.router_of(routes.input_port())];
    FlitQueue& input = queue(FlitQueue::unbounded);
    FlitQueue& tokens = queue(chip_.params.core.input_queue_flits);
    input_port_ = std::make_unique<InputPort>(chip_, input, tokens);
    input.connect(*input_port_, first);
    tokens.connect(first, *input_port_);
    first.connect_input(Port::input_port, input);
    first.connect_output(Port::input_port, tokens);

    Router& last = *routers_[routes.router_of(routes.output_port())];
    FlitQueue& output = queue(chip_.params.core.input_queue_flits);
    output_port_ = std::make_unique<OutputPort>(chip_, output, options.progress);
    output.connect(last, *output_port_);
    output.stall_at_random(options.output_stall_probability, options.seed * 0x9e3779b97f4a7c15u + cores_.size());
    last.connect_output(Port::output_port, output);
  }

  bool has_neighbour(std::uint32_t i, Port port) const {
    switch (port) {
      case Port::north:
        return i >= noc_.columns;
      case Port::south:
        return i / noc_.columns + 1 < noc_.rows;
      case Port::west:
        return i % noc_.columns != 0;
      default:
        return (i + 1) % noc_.columns != 0;
    }
  }
  std::uint32_t neighbour(std::uint32_t i, Port port) const {
    switch (port) {
      case Port::north:
        return i - noc_.columns;
      case Port::south:
        return i + noc_.columns;
      case Port::west:
        return i - 1;
      default:
        return i + 1;
    }
  }

  std::string deadlock(std::uint64_t frames) const {
    std::string text =
        fmt::format("nothing moves after {} of {} frames\n{}", output_port_->finished(), frames, input_port_->state());
    for (const auto& core : cores_) text += "\n" + core->state();
    return text;
  }

  const Chip& chip_;
  const NocParams& noc_;
  std::vector<std::unique_ptr<FlitQueue>> queues_;
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::unique_ptr<InputPort> input_port_;
  std::unique_ptr<OutputPort> output_port_;
  std::mt19937_64 random_;
  const bool permute_;
};

}  // namespace

MachineResult simulate(const models::Network& network, const Mapping& mapping, const ChipParams& chip_params,
                       models::EventSource& source, const MachineOptions& options) {
  check_params(chip_params, options);
  Plan plan(network, mapping, chip_params);
  if (plan.raw_slices() == 0) throw std::invalid_argument("the network has no output: no layer is raw_output");
  Ledger ledger(plan, chip_params.noc.columns * chip_params.noc.rows);
  Stream stream(source, plan, ledger);
  std::unique_ptr<Functional> functional;
  if (options.check) functional = std::make_unique<Functional>(plan, *options.rules, stream);
  PacketPool packets;
  const std::unique_ptr<Kernel> kernel = make_kernel(options.hosting);
  const Chip chip{chip_params, plan, *kernel, packets, stream, ledger, functional.get()};
  Mesh mesh(chip, options);
  mesh.host_on(*kernel);
  kernel->run();
  mesh.finish(stream.pulled(), ledger);
  if (functional) ledger.result().checked_values = functional->checked_values();
  return std::move(ledger.result());
}

}  // namespace deltasim::hw
