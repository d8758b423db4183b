#pragma once

#include "sim/document.hpp"

#include <string>

namespace deltasim::sim {

/// Writes the results of a report into the blocks of a Markdown file that are marked for them:
/// `<!-- NAME -->` ... `<!-- /NAME -->`; what stands between others' words is replaced, the words stay.
/// Errors: InputError for a file without any known block, or a block without end.
void write_reproduction(const Json& report, const std::string& path);

/// The text of a block; the names: command, table, energy, agreement, layers, camera, rates, sweep.
std::string reproduction_block(const Json& report, const std::string& name);

}  // namespace deltasim::sim
