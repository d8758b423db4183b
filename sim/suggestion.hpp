#pragma once

#include <string>
#include <vector>

namespace deltasim::sim {

/// "did you mean 'lanes'?" where one of `known` is close to `given`, else "<what> here: a, b, c".
std::string suggestion(const std::string& given, const std::vector<std::string>& known, const std::string& what);

}  // namespace deltasim::sim
