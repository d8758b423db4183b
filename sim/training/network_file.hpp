#pragma once

#include "models/training/description.hpp"
#include "sim/document.hpp"

#include <optional>
#include <string>

namespace deltasim::sim {

/// The network at `pointer`: {"builtin": name, ...} or a whole description. `input`, `classes`: of the clips, where the
/// document leaves them open.
models::training::NetworkDescription read_network_description(const Document& document, const std::string& pointer,
                                                              std::optional<models::Shape> input = {},
                                                              std::uint32_t classes = 0);

}  // namespace deltasim::sim
