#pragma once

#include "models/onnx_draft.hpp"

namespace deltasim::models::onnx {

/// A tensor that the network gives back.
struct Result {
  std::string name;
  Activation value;
};

/// Layers and outputs in their final form: raw outputs, names, no unused layers.
Graph finish(Drafts& drafts, const std::vector<Result>& results);

}  // namespace deltasim::models::onnx
