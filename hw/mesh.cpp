#include "hw/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace deltasim::hw {

Mesh::Mesh(const Chip& chip, const MachineOptions& options)
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
  if (chip.observer != nullptr && chip.observer->link_interval() != 0) add_sampler();
}

void Mesh::host_on(Kernel& kernel) {
  std::vector<std::pair<std::string, Unit*>> units;
  for (std::size_t i = 0; i < routers_.size(); ++i) {
    units.emplace_back(fmt::format("router_{}", i), routers_[i].get());
    units.emplace_back(fmt::format("core_{}", i), cores_[i].get());
  }
  if (chip_.dram != nullptr) units.emplace_back("dram", chip_.dram);
  units.emplace_back("input_port", input_port_.get());
  units.emplace_back("output_port", output_port_.get());
  if (sampler_) units.emplace_back("link_sampler", sampler_.get());
  if (permute_) std::shuffle(units.begin(), units.end(), random_);
  for (const auto& [name, unit] : units) kernel.add(name, *unit);
  for (const auto& [name, unit] : units) kernel.at(*unit, 0);
}

void Mesh::finish(std::uint64_t frames, Ledger& ledger) {
  if (output_port_->finished() != frames) throw std::logic_error(deadlock(frames));
  Cycle end = output_port_->last_work();
  for (const auto& core : cores_) end = std::max(end, core->last_work());
  if (chip_.dram != nullptr) end = std::max(end, chip_.dram->last_work());
  MachineResult& result = ledger.result();
  result.cycles = end;
  for (const auto& core : cores_) core->finish(end);
  ledger.close_before(frames);
  for (std::uint32_t i = 0; i < routers_.size(); ++i)
    for (const Port port : directions)
      if (has_neighbour(i, port))
        result.links.push_back({i, neighbour(i, port), routers_[i]->flits_sent(port), routers_[i]->high_water(port)});
}

FlitQueue& Mesh::queue(std::uint64_t flits) {
  return *queues_.emplace_back(std::make_unique<FlitQueue>(chip_.schedule, flits));
}

void Mesh::add_core(std::uint32_t i, const MachineOptions& options) {
  FlitQueue& input = queue(chip_.params.core.input_queue_flits);
  FlitQueue& output = queue(chip_.params.core.output_queue_flits);
  cores_[i] = std::make_unique<Core>(chip_, i, input, output);
  input.connect(*routers_[i], *cores_[i]);
  output.connect(*cores_[i], *routers_[i]);
  output.stall_at_random(options.output_stall_probability, options.seed * 0x9e3779b97f4a7c15u + i);
  routers_[i]->connect_output(Port::core, input);
  if (chip_.params.core.queue_policy == QueuePolicy::drop)
    routers_[i]->drop_at_core([core = cores_[i].get()](const Packet& packet) { core->lose(packet); });
  routers_[i]->connect_input(Port::core, output);
}

void Mesh::add_links(std::uint32_t i) {
  for (const Port port : directions) {
    if (!has_neighbour(i, port)) continue;
    Router& to = *routers_[neighbour(i, port)];
    FlitQueue& link = queue(noc_.router_queue_flits);
    link.connect(*routers_[i], to);
    routers_[i]->connect_output(port, link);
    to.connect_input(opposite(port), link);
  }
}

void Mesh::add_ports(const MachineOptions& options) {
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
  output.stall_at_random(std::max(options.output_stall_probability, options.port_stall_probability),
                         options.seed * 0x9e3779b97f4a7c15u + cores_.size());
  last.connect_output(Port::output_port, output);
}

void Mesh::add_sampler() {
  sampler_ = std::make_unique<LinkSampler>(*chip_.observer, chip_.schedule, cores_);
  for (std::uint32_t i = 0; i < routers_.size(); ++i)
    for (const Port port : directions)
      if (has_neighbour(i, port)) sampler_->add(*routers_[i], port, i, neighbour(i, port));
}

bool Mesh::has_neighbour(std::uint32_t i, Port port) const {
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
std::uint32_t Mesh::neighbour(std::uint32_t i, Port port) const {
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

std::string Mesh::deadlock(std::uint64_t frames) const {
  std::string text =
      fmt::format("nothing moves after {} of {} frames\n{}", output_port_->finished(), frames, input_port_->state());
  for (const auto& core : cores_) text += "\n" + core->state();
  return text;
}

}  // namespace deltasim::hw
