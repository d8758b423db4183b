#pragma once

#include <cstdint>

namespace deltasim::traces {

/// What is trained on and what is tested with: no clip is in both.
enum class Split : std::uint8_t { train, test };
inline constexpr const char* names_of(Split) { return "train,test"; }

}  // namespace deltasim::traces
