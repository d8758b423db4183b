#pragma once

#include "hw/machine.hpp"

#include <string>
#include <vector>

/// Networks on four cores, the same for RTL (cores of hw/rtl/core.sv on hw/rtl/mesh.sv) and for hw::simulate.
namespace deltasim::sim {

/// A network, what its layers send in every frame, and where its slices live: one on each core.
struct MeshNetwork {
  std::string name;
  std::size_t build = 0;  ///< of core_builds(): the cores
  models::Network network;
  hw::Mapping mapping;
  models::RuleSet rules;
  models::StreamTraits traits;
  std::vector<models::FrameEvents> frames;
  double stalls = 0;  ///< probability of each further cycle that the output port lets a flit wait

  std::uint64_t events() const;  ///< of all frames and layers
};

/// Split by rows, by columns, by channels, into tiles, one layer after another; each on cores of 16 and of 4 lanes,
/// with and without stalls.
std::vector<MeshNetwork> mesh_networks();

hw::ChipParams mesh_chip(std::size_t build);
/// Cycles that RTL reads weights ahead of state; pipeline_cycles follows from it.
inline constexpr std::uint32_t mesh_weight_lead = 8;
/// Of the stalls at the output port: MachineOptions::seed.
inline constexpr std::uint64_t mesh_stall_seed = 5;

/// Cycles at which the output port had all of each frame, and the network's outputs.
struct MeshFrames {
  std::vector<std::uint64_t> finished;
  std::vector<std::vector<std::int64_t>> outputs;

  /// FNV-1a of all outputs.
  std::string outputs_digest() const;
};
/// All that layers send and put out is checked against the reference network. Errors: hw::CheckError.
MeshFrames run_mesh_machine(const MeshNetwork& network);

}  // namespace deltasim::sim
