#pragma once

#include "models/training/description.hpp"
#include "sim/document.hpp"

#include <optional>
#include <string>

namespace deltasim::sim {

/// The network at `pointer`, in one of three forms: {"builtin": name, ...}, {"layers": [...], ...}, or the layers of a
/// trained network, {"onnx": path, ...}. `input`, `classes`: of the clips, where the document leaves them open.
/// Errors: InputError with file and place; other shapes or classes than the clips'.
models::training::NetworkDescription read_network_description(const Document& document, const std::string& pointer,
                                                              std::optional<models::Shape> input = {},
                                                              std::uint32_t classes = 0);

/// JSON Schemas of the three forms, an array.
Json network_forms_schema();

}  // namespace deltasim::sim
