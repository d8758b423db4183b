#pragma once

#include "sim/document.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A figure that nobody published.
struct Estimate {
  std::string place;  ///< JSON pointer in its file
  std::string source;
};

/// How far the figures of a chip or of an energy table can be trusted. The four kinds sum to `values`.
struct Provenance {
  std::uint64_t values = 0, published = 0, choices = 0;
  std::vector<Estimate> estimates;
  std::vector<std::string> unsourced;  ///< defaults, and what the user changed

  std::uint64_t total() const { return published + choices + estimates.size() + unsourced.size(); }
};

/// The entries of `sources` at `place` that speak of the value as it stands: not where another file or the command line
/// changed it.
Json valid_sources(const Document& document, const std::string& place);

/// @param values   every parameter of the chip
/// @param sources  by JSON pointer: {source, confidence}; confidence D is an estimate, `choice` a modelling choice
Provenance hardware_provenance(const Json& values, const Json& sources);

/// Every entry of an energy table that is not 0; an estimate is one that names the source EST.
Provenance energy_provenance(const Json& table);

}  // namespace deltasim::sim
