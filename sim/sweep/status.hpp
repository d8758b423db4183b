#pragma once

#include <string>

namespace deltasim::sim {

/// Where the sweep in a folder stands, as text: from sweep.json, points/ and claims, without the sweep file.
std::string sweep_status(const std::string& folder);

}  // namespace deltasim::sim
