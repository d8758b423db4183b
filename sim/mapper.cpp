#include "sim/mapper.hpp"

#include "models/error.hpp"
#include "sim/packing.hpp"
#include "sim/placement.hpp"
#include "sim/slice_cost.hpp"
#include "sim/spill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

namespace deltasim::sim {
namespace {

std::uint32_t core_count(const hw::ChipParams& chip) { return chip.noc.columns * chip.noc.rows; }

std::string kib(std::uint64_t bytes) {
  if (bytes % 1024 == 0) return fmt::format("{} KiB", bytes / 1024);
  return bytes < 10240 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
}

struct Need {
  std::uint64_t weights = 0, state = 0;
};

Need need_of(const hw::Footprint& f) { return {f.weight_bytes, f.state_bytes + f.reference_bytes}; }

/// One copy of every layer: no mapping takes less.
Need total_need(const SliceCost& cost) {
  Need sum;
  for (models::LayerId l = 1; l < cost.network().layers.size(); ++l) {
    const Need n = need_of(cost.memory(whole_layer(cost.network(), l)));
    sum.weights += n.weights;
    sum.state += n.state;
  }
  return sum;
}

bool maps(const models::Network& network, hw::ChipParams chip, std::uint64_t weights, std::uint64_t state,
          std::uint32_t cores) {
  chip.core.weight_memory.size_bytes = weights;
  chip.core.state_memory.size_bytes = state;
  SliceCost cost(network, chip);
  if (chip.dram) cost.spill(spill_all(network));
  return can_pack(cost, cores);
}

/// Smallest n in (too_few, limit] that works, as far as bisection finds it: the one returned was tried.
template <class Works>
std::optional<std::uint64_t> smallest(std::uint64_t too_few, std::uint64_t limit, Works works) {
  std::uint64_t bad = too_few, good = too_few + 1;
  while (!works(good)) {
    if (good >= limit) return std::nullopt;
    bad = good;
    good = std::min(limit, 2 * good);
  }
  while (good - bad > 1) {
    const std::uint64_t middle = bad + (good - bad) / 2;
    (works(middle) ? good : bad) = middle;
  }
  return good;
}

/// What would fit, each tried: more cores, or the memory that falls short enlarged.
class Remedies {
 public:
  Remedies(const models::Network& network, const hw::ChipParams& chip, const Need& total)
      : network_(network), chip_(chip), cores_(core_count(chip)), total_(total) {}

  std::string text() const { return on_chip() + beside_chip(); }

 private:
  std::string on_chip() const {
    const auto more_cores = cores();
    const std::string memory = memories();
    if (more_cores && !memory.empty())
      return fmt::format("{} cores of this size, or {} would fit", *more_cores, memory);
    if (more_cores) return fmt::format("{} cores of this size would fit", *more_cores);
    return memory.empty() ? "no number of cores of this size would fit" : memory + " would fit";
  }

  /// Buffers of the default size, or smaller ones.
  std::string beside_chip() const {
    hw::ChipParams with = chip_;
    if (!with.dram) with.dram.emplace();
    const std::uint32_t given = with.dram->buffer_bytes;
    for (const std::uint32_t buffer : {hw::DramParams().buffer_bytes, 1024u, 256u, 64u}) {
      with.dram->buffer_bytes = buffer;
      if ((chip_.dram && buffer >= given) ||
          !maps(network_, with, chip_.core.weight_memory.size_bytes, chip_.core.state_memory.size_bytes, cores_))
        continue;
      return chip_.dram ? fmt::format("; buffer_bytes {} in its 'dram' would do", buffer)
                        : fmt::format("; a section 'dram' with buffer_bytes {} would stream what does not fit", buffer);
    }
    return "";
  }

  std::optional<std::uint64_t> cores() const {
    const std::uint64_t limit = std::min<std::uint64_t>(4096, 64 * std::uint64_t{cores_} + 64);
    return smallest(cores_, limit, [&](std::uint64_t n) {
      return maps(network_, chip_, chip_.core.weight_memory.size_bytes, chip_.core.state_memory.size_bytes,
                  static_cast<std::uint32_t>(n));
    });
  }

  /// Sizes in KiB, bisected while the other memory is out of the way.
  std::string memories() const {
    const std::uint64_t ample_weights = 2 * (total_.weights + chip_.core.weight_memory.size_bytes);
    const std::uint64_t ample_state = 2 * (total_.state + chip_.core.state_memory.size_bytes);
    const std::uint64_t weights = chip_.core.weight_memory.size_bytes, state = chip_.core.state_memory.size_bytes;
    const auto grown = [&](std::uint64_t from, std::uint64_t to, auto works) {
      return smallest(from / 1024, to / 1024 + 1, [&](std::uint64_t n) { return works(n * 1024); });
    };
    const auto on = [&](std::uint64_t w, std::uint64_t s) { return maps(network_, chip_, w, s, cores_); };
    if (on(ample_weights, state)) {
      const auto w = grown(weights, ample_weights, [&](std::uint64_t n) { return on(n, state); });
      return w ? fmt::format("{} KiB of weight memory per core", *w) : "";
    }
    if (on(weights, ample_state)) {
      const auto s = grown(state, ample_state, [&](std::uint64_t n) { return on(weights, n); });
      return s ? fmt::format("{} KiB of state memory per core", *s) : "";
    }
    const auto s = grown(state, ample_state, [&](std::uint64_t n) { return on(ample_weights, n); });
    if (!s) return "";
    const auto w = grown(weights, ample_weights, [&](std::uint64_t n) { return on(n, *s * 1024); });
    return w ? fmt::format("{} KiB of weight and {} KiB of state memory per core", *w, *s) : "";
  }

  const models::Network& network_;
  const hw::ChipParams& chip_;
  std::uint32_t cores_;
  Need total_;
};

std::string shortage(const char* memory, std::uint64_t need, std::uint64_t available) {
  if (need <= available) return "";
  return fmt::format("{} of {} memory where {} are available, {} too much", kib(need), memory, kib(available),
                     kib(need - available));
}

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + " and " + b;
}

/// A layer whose smallest piece (one neuron) exceeds an empty core, if any: no number of cores helps.
std::optional<std::string> layer_at_fault(const SliceCost& cost) {
  for (models::LayerId l = 1; l < cost.network().layers.size(); ++l) {
    hw::Slice one = whole_layer(cost.network(), l);
    one.channel_end = one.y_end = one.x_end = 1;
    const Need n = need_of(cost.memory(one));
    const std::string what = joined(shortage("weight", n.weights, cost.core().weight_memory.size_bytes),
                                    shortage("state", n.state, cost.core().state_memory.size_bytes));
    if (!what.empty())
      return fmt::format("layer '{}' does not fit: a single neuron of it needs {} on a core",
                         cost.network().layers[l].name, what);
  }
  return std::nullopt;
}

std::string largest_layer(const SliceCost& cost, bool by_weights) {
  models::LayerId largest = 1;
  std::uint64_t most = 0;
  for (models::LayerId l = 1; l < cost.network().layers.size(); ++l) {
    const Need n = need_of(cost.memory(whole_layer(cost.network(), l)));
    const std::uint64_t size = by_weights ? n.weights : n.state;
    if (size > most) {
      most = size;
      largest = l;
    }
  }
  return fmt::format("the largest layer, '{}', takes {}", cost.network().layers[largest].name, kib(most));
}

[[noreturn]] void refuse(const SliceCost& cost, const hw::ChipParams& chip, const std::string& file) {
  const Need total = total_need(cost);
  const std::uint64_t cores = core_count(chip);
  const std::uint64_t weights = cores * chip.core.weight_memory.size_bytes;
  const std::uint64_t state = cores * chip.core.state_memory.size_bytes;
  const std::string cores_text = cores == 1 ? "1 core" : fmt::format("{} cores", cores);
  std::string problem;
  if (auto layer = layer_at_fault(cost)) {
    problem = *layer;
  } else if (total.weights > weights || total.state > state) {
    problem = fmt::format("network '{}' does not fit{} {} on {} ({})", cost.network().name,
                          chip.dram ? ", even if all of it lives in DRAM: its buffers need" : ": it needs",
                          joined(shortage("weight", total.weights, weights), shortage("state", total.state, state)),
                          cores_text, largest_layer(cost, total.weights > weights));
  } else {
    problem = fmt::format(
        "network '{}' does not fit: no cut of its layers was found for {} with {} of weight and {} of state "
        "memory "
        "each, although the total of {} and {} is below the {} and {} of the chip (tiles repeat weights, pooling "
        "repeats borders; {})",
        cost.network().name, cores_text, kib(chip.core.weight_memory.size_bytes),
        kib(chip.core.state_memory.size_bytes), kib(total.weights), kib(total.state), kib(weights), kib(state),
        largest_layer(cost, true));
  }
  throw models::InputError(file, "/core", problem, Remedies(cost.network(), chip, total).text());
}

}  // namespace

hw::Mapping map_automatically(const models::Network& network, const hw::ChipParams& chip, const std::string& file) {
  const std::uint32_t cores = core_count(chip);
  SliceCost cost(network, chip);
  auto packing = pack_balanced(cost, cores);
  if (!packing && chip.dram && choose_spill(cost, cores)) packing = pack_balanced(cost, cores);
  if (!packing) refuse(cost, chip, file);
  mark_spilled(cost, cores, packing->slices);
  hw::Mapping mapping{std::move(packing->slices)};
  std::stable_sort(mapping.slices.begin(), mapping.slices.end(), [](const auto& a, const auto& b) {
    return a.layer < b.layer || (a.layer == b.layer && a.core < b.core);
  });
  place_on_mesh(network, chip, mapping);
  return mapping;
}

std::vector<CoreLoad> core_loads(const models::Network& network, const hw::ChipParams& chip,
                                 const hw::Mapping& mapping) {
  const SliceCost cost(network, chip);
  std::vector<CoreLoad> loads(core_count(chip));
  for (const auto& slice : mapping.slices) {
    CoreLoad& load = loads[slice.core];
    const auto memory = cost.memory(slice);
    load.cycles += static_cast<std::uint64_t>(std::ceil(cost.cycles(slice)));
    load.macs += cost.macs(slice);
    load.memory.weight_bytes += memory.weight_bytes;
    load.memory.state_bytes += memory.state_bytes;
    load.memory.reference_bytes += memory.reference_bytes;
    ++load.slices;
  }
  return loads;
}

}  // namespace deltasim::sim
