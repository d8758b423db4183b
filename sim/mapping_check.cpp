#include "models/error.hpp"
#include "sim/mapper.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

using models::InputError;

bool overlap(std::uint32_t a, std::uint32_t a_end, std::uint32_t b, std::uint32_t b_end) {
  return a < b_end && b < a_end;
}

bool overlap(const hw::Slice& a, const hw::Slice& b) {
  return a.layer == b.layer && overlap(a.channel_begin, a.channel_end, b.channel_begin, b.channel_end) &&
         overlap(a.y_begin, a.y_end, b.y_begin, b.y_end) && overlap(a.x_begin, a.x_end, b.x_begin, b.x_end);
}

std::size_t volume(const hw::Slice& s) {
  return std::size_t{s.channel_end - s.channel_begin} * (s.y_end - s.y_begin) * (s.x_end - s.x_begin);
}

class MappingCheck {
 public:
  MappingCheck(const models::Network& network, const hw::ChipParams& chip, const hw::Mapping& mapping,
               const std::string& file, const std::string& place)
      : network_(network), chip_(chip), mapping_(mapping), file_(file), place_(place) {}

  void run() const {
    for (std::size_t i = 0; i < mapping_.slices.size(); ++i) inside(i);
    for (models::LayerId l = 1; l < network_.layers.size(); ++l) disjoint_and_covering(l);
    within_capacities();
  }

 private:
  [[noreturn]] void fail(std::size_t slice, const std::string& key, const std::string& problem,
                         const std::string& remedy) const {
    throw InputError(file_, fmt::format("{}/{}{}", place_, slice, key), problem, remedy);
  }

  void range(std::size_t i, const char* what, std::uint32_t begin, std::uint32_t end, std::uint32_t limit) const {
    if (begin < end && end <= limit) return;
    fail(i, std::string("/") + what,
         fmt::format("{} {} to {} (exclusive) are not a part of layer '{}'", what, begin, end,
                     network_.layers[mapping_.slices[i].layer].name),
         fmt::format("{} are 0 to {}, begin below end", what, limit));
  }

  void inside(std::size_t i) const {
    const auto& s = mapping_.slices[i];
    if (s.layer == 0) fail(i, "/layer", "layer 0 is the network's input, which the input port holds", "leave it out");
    if (s.layer >= network_.layers.size())
      fail(i, "/layer", fmt::format("layer {} does not exist", s.layer),
           fmt::format("network '{}' has layers 1 to {}", network_.name, network_.layers.size() - 1));
    const std::uint32_t cores = chip_.noc.columns * chip_.noc.rows;
    if (s.core >= cores)
      fail(i, "/core", fmt::format("core {} lies outside the mesh", s.core),
           fmt::format("the mesh of {} x {} has cores 0 to {}", chip_.noc.columns, chip_.noc.rows, cores - 1));
    const auto& shape = network_.layers[s.layer].output;
    range(i, "channels", s.channel_begin, s.channel_end, shape.channels);
    range(i, "rows", s.y_begin, s.y_end, shape.height);
    for (const auto& [key, in_dram] :
         {std::pair{"weights_in_dram", s.weights_in_dram}, std::pair{"state_in_dram", s.state_in_dram}})
      if (in_dram && !chip_.dram)
        fail(i, std::string("/") + key, "the chip has no DRAM", "false, or a section 'dram' in the hardware");
    range(i, "columns", s.x_begin, s.x_end, shape.width);
  }

  void disjoint_and_covering(models::LayerId layer) const {
    std::vector<std::size_t> own;
    for (std::size_t i = 0; i < mapping_.slices.size(); ++i)
      if (mapping_.slices[i].layer == layer) own.push_back(i);
    std::size_t covered = 0;
    for (std::size_t a = 0; a < own.size(); ++a) {
      covered += volume(mapping_.slices[own[a]]);
      for (std::size_t b = 0; b < a; ++b)
        if (overlap(mapping_.slices[own[a]], mapping_.slices[own[b]]))
          fail(own[a], "", fmt::format("overlaps slice {} of layer '{}'", own[b], network_.layers[layer].name),
               "every neuron lives on exactly one core");
    }
    const std::size_t all = network_.layers[layer].output.size();
    if (covered != all)
      throw InputError(file_, place_,
                       fmt::format("{} of the {} neurons of layer {} ('{}') are on no core", all - covered, all, layer,
                                   network_.layers[layer].name),
                       "slices of a layer cover it");
  }

  void within_capacities() const {
    const auto loads = core_loads(network_, chip_, mapping_);
    for (std::size_t core = 0; core < loads.size(); ++core) {
      const auto& m = loads[core].memory;
      capacity(core, "weight", m.weight_bytes, chip_.core.weight_memory.size_bytes);
      capacity(core, "state", m.state_bytes + m.reference_bytes, chip_.core.state_memory.size_bytes);
    }
  }

  void capacity(std::size_t core, const char* memory, std::uint64_t need, std::uint64_t available) const {
    if (need <= available) return;
    throw InputError(file_, place_,
                     fmt::format("core {} needs {} bytes of {} memory and has {}, {} too few", core, need, memory,
                                 available, need - available),
                     chip_.dram ? "move a slice to another core, cut it, or let it live in DRAM"
                                : "move a slice to another core or cut it");
  }

  const models::Network& network_;
  const hw::ChipParams& chip_;
  const hw::Mapping& mapping_;
  const std::string& file_;
  const std::string& place_;
};

}  // namespace

void check_mapping(const models::Network& network, const hw::ChipParams& chip, const hw::Mapping& mapping,
                   const std::string& file, const std::string& place) {
  MappingCheck(network, chip, mapping, file, place).run();
}

}  // namespace deltasim::sim
