#pragma once

#include <string>
#include <vector>

namespace deltasim::sim {

/// Every value of energy tables with its range and source, and what they come to on the given chips, as Markdown: the
/// generated part of docs/energy-numbers.md.
/// @param files  energy tables and hardware files, in any order; a chip takes the table of its own name, else `cmos`
/// Errors: InputError
std::string energy_document(std::vector<std::string> files);

}  // namespace deltasim::sim
