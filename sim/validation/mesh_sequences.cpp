#include "sim/validation/mesh_sequences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <random>

namespace deltasim::sim {
namespace {

constexpr std::uint32_t cores = 4, input_port = 4, output_port = 5;
constexpr std::uint32_t sources = 5;

/// Raw draws of a generator whose numbers the standard fixes.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((random_() >> 33) % n); }

 private:
  std::mt19937_64 random_;
};

std::uint8_t only(std::uint32_t endpoint) { return static_cast<std::uint8_t>(1u << endpoint); }

/// A destination of events or tokens; nobody sends to itself.
std::uint8_t anyone_else(Draw& draw, std::uint32_t source) {
  const std::uint32_t to = draw.below(mesh_endpoints - 1);
  return only(to < source ? to : to + 1);
}

using Packets = std::vector<MeshPacket>;

/// One packet in the mesh at a time: every way there is.
void single(Packets& packets, Draw&) {
  std::uint64_t at = 0;
  for (std::uint32_t from = 0; from < sources; ++from)
    for (std::uint32_t to = 0; to < mesh_endpoints; ++to, at += 24) packets.push_back({at, from, only(to), 1});
}

void random(Packets& packets, Draw& draw) {
  std::array<std::uint64_t, sources> at{};
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::uint32_t from = draw.below(sources);
    packets.push_back({at[from] += draw.below(9), from, anyone_else(draw, from), 1});
  }
}

void bursty(Packets& packets, Draw& draw) {
  std::array<std::uint64_t, sources> at{};
  for (std::uint32_t burst = 0; burst < 40; ++burst) {
    const std::uint32_t from = draw.below(sources), length = 4 + draw.below(9);
    const std::uint8_t to = anyone_else(draw, from);
    at[from] += draw.below(100);
    for (std::uint32_t i = 0; i < length; ++i) packets.push_back({at[from], from, to, 1});
  }
}

void all_to_one(Packets& packets, Draw&) {
  for (std::uint32_t i = 0; i < 60; ++i)
    for (const std::uint32_t from : {0u, 1u, 2u, input_port}) packets.push_back({i, from, only(3), 1});
}

void multicast(Packets& packets, Draw& draw) {
  std::array<std::uint64_t, sources> at{};
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::uint32_t from = draw.below(sources);
    const auto to = static_cast<std::uint8_t>(1 + draw.below((1u << mesh_endpoints) - 1));
    packets.push_back({at[from] += draw.below(9), from, to, 1});
  }
}

/// A ring of neighbours, as fast as the links allow.
void neighbour(Packets& packets, Draw&) {
  constexpr std::array<std::uint32_t, cores> next{1, 3, 0, 2};
  for (std::uint32_t i = 0; i < 60; ++i)
    for (std::uint32_t from = 0; from < cores; ++from) packets.push_back({0, from, only(next[from]), 1});
}

/// What a network does: the port to all cores, each core to two others, the last row to the output port, tokens back.
void layers(Packets& packets, Draw& draw) {
  for (std::uint32_t i = 0; i < 60; ++i) {
    packets.push_back({0, input_port, 0b0011, 1});
    for (std::uint32_t from = 0; from < 2; ++from) packets.push_back({i * 2, from, 0b1100, 1});
    for (std::uint32_t from = 2; from < 4; ++from)
      packets.push_back({i * 2, from, draw.below(8) == 0 ? only(input_port) : only(output_port), 1});
  }
}

struct Pattern {
  const char* name;
  void (*fill)(Packets&, Draw&);
};
constexpr Pattern patterns[] = {{"single", single},         {"random", random},       {"bursty", bursty},
                                {"all-to-one", all_to_one}, {"multicast", multicast}, {"neighbour", neighbour},
                                {"layers", layers}};

enum class Sizes : std::uint8_t { one, three, mixed };
constexpr std::pair<Sizes, const char*> sizes[] = {
    {Sizes::one, "1 flit"}, {Sizes::three, "3 flits"}, {Sizes::mixed, "1 or 3 flits"}};

}  // namespace

std::vector<MeshSequence> mesh_sequences() {
  std::vector<MeshSequence> all;
  std::uint64_t seed = 0;
  for (const Pattern& pattern : patterns)
    for (const auto& [size, size_name] : sizes) {
      Draw draw(++seed);
      MeshSequence sequence;
      pattern.fill(sequence.packets, draw);
      for (MeshPacket& packet : sequence.packets)
        packet.flits = size == Sizes::three || (size == Sizes::mixed && draw.below(2) == 0) ? 3 : 1;
      for (const double stall : {0.0, 0.5})
        for (const std::uint32_t queue : mesh_queue_flits) {
          if (size != Sizes::one && queue < 3) continue;
          sequence.name =
              fmt::format("{}, {}, queues of {}{}", pattern.name, size_name, queue, stall > 0 ? ", random stalls" : "");
          sequence.queue_flits = queue;
          sequence.stall_probability = stall;
          sequence.stall_seed = seed;
          all.push_back(sequence);
        }
    }
  return all;
}

std::uint64_t MeshArrivals::cycles() const {
  std::uint64_t last = 0;
  for (const auto& arrivals : at)
    if (!arrivals.empty()) last = std::max(last, arrivals.back().cycle);
  return last;
}

std::string MeshArrivals::order_digest() const {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; };
  for (const auto& arrivals : at) {
    add(arrivals.size());
    for (const MeshArrival& arrival : arrivals) add(arrival.packet);
  }
  return fmt::format("{:016x}", hash);
}

std::uint64_t MeshArrivals::largest_difference(const MeshArrivals& other) const {
  std::uint64_t largest = 0;
  for (std::size_t e = 0; e < at.size(); ++e)
    for (std::size_t i = 0; i < std::min(at[e].size(), other.at[e].size()); ++i) {
      const auto [less, more] = std::minmax(at[e][i].cycle, other.at[e][i].cycle);
      largest = std::max(largest, more - less);
    }
  return largest;
}

}  // namespace deltasim::sim
