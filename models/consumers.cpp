#include "models/consumers.hpp"

namespace deltasim::models {

std::vector<std::vector<Consumer>> consumers(const Network& network) {
  std::vector<std::vector<Consumer>> result(network.layers.size());
  for (LayerId l = 0; l < network.layers.size(); ++l) {
    const auto& branches = network.layers[l].branches;
    for (std::uint32_t b = 0; b < branches.size(); ++b)
      for (std::uint32_t s = 0; s < branches[b].sources.size(); ++s)
        result[branches[b].sources[s].producer].push_back({l, b, s});
  }
  return result;
}

}  // namespace deltasim::models
