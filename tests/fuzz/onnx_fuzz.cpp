#include "models/error.hpp"
#include "models/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// Any bytes are a network or an InputError, never anything else; what imports, quantises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deltasim;
  try {
    const models::Graph graph =
        models::import_onnx_bytes(std::string(reinterpret_cast<const char*>(data), size), "fuzz.onnx");
    models::Calibration calibration;
    calibration.low.assign(graph.layers.size(), -1.0F);
    calibration.high.assign(graph.layers.size(), 1.0F);
    models::quantise(graph, calibration);
  } catch (const models::InputError&) {
  }
  return 0;
}
