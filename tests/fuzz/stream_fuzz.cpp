#include "models/error.hpp"
#include "traces/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// libhdf5 itself loses memory when it meets damaged metadata; our own leaks are still found.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's name for it
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }

/// Any bytes are a stream or an InputError; whatever frames can be read lie inside the shapes that the stream states.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deltasim;
  try {
    auto reader = traces::StreamReader::from_bytes(std::string(reinterpret_cast<const char*>(data), size), "fuzz.h5");
    models::FrameEvents frame;
    while (reader.next(frame))
      for (std::size_t l = 0; l < frame.of_layer.size(); ++l) {
        const auto& shape = reader.info().layers[l].shape;
        for (const auto& e : frame.of_layer[l])
          if (e.channel >= shape.channels || e.y >= shape.height || e.x >= shape.width) __builtin_trap();
      }
  } catch (const models::InputError&) {
  }
  return 0;
}
