#pragma once

#include "sim/sweep/space.hpp"

#include <string>

namespace deltasim::test {

/// A space of a sweep file's text; every pointer exists, those that end in "lanes" hold integers.
inline sim::SweepSpace made_space(const std::string& rest, const std::vector<std::string>& taken = {}) {
  const auto document = sim::Document::parse(R"({"base": {}, )" + rest + "}", "sweep.json");
  const auto integers = [](const std::string& pointer, const std::string&) {
    return pointer.size() > 5 && pointer.substr(pointer.size() - 5) == "lanes";
  };
  return {sim::read_sweep_config(document), document, integers, taken};
}

inline std::string cells_text(const sim::SweepSpace& space, std::uint64_t index) {
  std::string text;
  for (const auto& cell : space.cells(index)) text += (text.empty() ? "" : " ") + cell.dump();
  return text;
}

}  // namespace deltasim::test
