#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deltasim::sim {

/// The text of a file of the repository that the program carries, so that it needs no folder beside it: presets and
/// recorded references of `deltasim validate`. Listed in sim/CMakeLists.txt.
/// @param name  path in the repository
/// Errors: std::logic_error for a file that is not listed.
std::string_view embedded(std::string_view name);
/// All that are listed.
std::vector<std::string> embedded_names();

}  // namespace deltasim::sim
