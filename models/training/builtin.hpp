#pragma once

#include "models/training/description.hpp"

namespace deltasim::models::training {

enum class Builtin : std::uint8_t { mobilenet_v1, resnet8, resnet18, resnet50, pilotnet };
inline constexpr const char* names_of(Builtin) { return "mobilenet_v1,resnet8,resnet18,resnet50,pilotnet"; }

struct BuiltinOptions {
  Builtin network = Builtin::mobilenet_v1;
  double width = 1.0;          ///< channels as a multiple of the original's (of the logits: never)
  std::optional<Shape> input;  ///< absent: the original's
  std::uint32_t classes = 0;   ///< 0 = the original's
  Activation activation = Activation::relu;
  std::uint32_t stem_stride = 0;   ///< of the first convolution; 0 = the original's
  std::optional<bool> pool_delta;  ///< a delta layer after the global average pool; absent: all but resnet50
};

/// mobilenet_v1: Howard et al. 2017, 224 x 224, 1000 classes. resnet8: as in MLPerf Tiny, 32 x 32, 10 classes.
/// resnet18: He et al. 2015, 224 x 224, 1000 classes. resnet50: as in the delta paper, 224 x 224, 101 classes: stride
/// in the first 1x1 of a stage, a hidden dense layer of 1024. pilotnet: Bojarski et al. 2016, 66 x 200, 1 output.
/// Errors: InputError where the input is too small for its layers.
NetworkDescription builtin(const BuiltinOptions& options);

}  // namespace deltasim::models::training
