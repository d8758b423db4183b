#pragma once

#include "sim/document.hpp"

#include <functional>
#include <string>

namespace deltasim::sim {

/// What run files can hold at a pointer.
struct RunKey {
  bool integer = false;  ///< integers, and no other numbers
  bool open = false;     ///< below an object of which the schema does not know the keys (energy tables)
};

/// @param fail  called with problem and remedy where no run file can hold anything at `pointer`; throws
RunKey find_run_key(const std::string& pointer,
                    const std::function<void(const std::string& problem, const std::string& remedy)>& fail);

}  // namespace deltasim::sim
