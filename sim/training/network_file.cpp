#include "sim/training/network_file.hpp"

#include "models/training/builtin.hpp"
#include "sim/config.hpp"

namespace deltasim::sim {
namespace {

struct BuiltinChoice {
  models::training::BuiltinOptions options;
  std::optional<std::uint32_t> resolution;
};

template <class Archive>
void describe(Archive& a, BuiltinChoice& c) {
  a.choice("builtin", c.options.network, "which network");
  a.field("width", c.options.width, 0.01, 16.0, "channels as a multiple of the original's");
  a.optional("resolution", c.resolution, 8u, 4096u, "height and width of the image; null: of the clips");
  a.choice("activation", c.options.activation, "behind every convolution");
  a.field("stem_stride", c.options.stem_stride, 0u, 16u, "of the first convolution; 0: the original's");
}

}  // namespace

models::training::NetworkDescription read_network_description(const Document& document, const std::string& pointer,
                                                              std::optional<models::Shape> input,
                                                              std::uint32_t classes) {
  BuiltinChoice choice;
  read_into(choice, document, pointer);
  choice.options.input = input;
  if (choice.resolution) choice.options.input = models::Shape{3, *choice.resolution, *choice.resolution};
  choice.options.classes = classes;
  if (input && *choice.options.input != *input)
    throw document.error(pointer + "/resolution", "is not that of the clips", "null: as large as the clips are");
  return models::training::builtin(choice.options);
}

}  // namespace deltasim::sim
