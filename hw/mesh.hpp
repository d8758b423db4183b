#pragma once

#include "hw/core.hpp"
#include "hw/kernel.hpp"
#include "hw/link_sampler.hpp"
#include "hw/machine.hpp"
#include "hw/ports.hpp"
#include "hw/router.hpp"

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace deltasim::hw {

/// All units of the chip and the queues between them.
class Mesh {
 public:
  Mesh(const Chip& chip, const MachineOptions& options);

  void host_on(Kernel& kernel);
  /// After the run: what only the end tells. Errors: std::logic_error where `frames` frames are not finished.
  void finish(std::uint64_t frames, Ledger& ledger);

 private:
  FlitQueue& queue(std::uint64_t flits);
  void add_core(std::uint32_t i, const MachineOptions& options);
  void add_links(std::uint32_t i);
  void add_ports(const MachineOptions& options);
  void add_sampler();
  bool has_neighbour(std::uint32_t i, Port port) const;
  std::uint32_t neighbour(std::uint32_t i, Port port) const;
  std::string deadlock(std::uint64_t frames) const;

  const Chip& chip_;
  const NocParams& noc_;
  std::vector<std::unique_ptr<FlitQueue>> queues_;
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::unique_ptr<InputPort> input_port_;
  std::unique_ptr<OutputPort> output_port_;
  std::unique_ptr<LinkSampler> sampler_;  ///< null: nobody looks
  std::mt19937_64 random_;
  const bool permute_;
};

}  // namespace deltasim::hw
