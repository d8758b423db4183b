#pragma once

#include <string>

namespace deltasim::traces {

/// frame_2 comes before frame_10: runs of digits are compared as numbers, everything else byte by byte.
bool natural_less(const std::string& a, const std::string& b);

}  // namespace deltasim::traces
