#pragma once

namespace deltasim::sim {

inline constexpr const char* version = DELTASIM_VERSION;  // from CMake's project()

}  // namespace deltasim::sim
