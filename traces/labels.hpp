#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::traces {

/// A class index for each frame of a source, from an .npy of integers (one dimension) or a text file with a line per
/// frame, whose last field (comma, semicolon or blank) is the index; a first line without a number is a heading.
/// Errors: InputError naming the line or the element.
std::vector<std::uint32_t> read_labels(const std::string& path);

}  // namespace deltasim::traces
