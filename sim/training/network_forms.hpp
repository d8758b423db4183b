#pragma once

#include "models/training/builtin.hpp"
#include "models/training/trained_network.hpp"
#include "sim/config.hpp"

/// Keys, ranges and meanings of the three forms in which a training file names its network; one function per struct
/// (sim/config.hpp).
namespace deltasim::sim {

using Extents = std::optional<std::array<std::uint32_t, 3>>;  ///< channels, height, width

inline constexpr const char* image_meaning = "the image; null: that of the clips, else the original's";

/// usual: all networks but resnet50, which counts as in its paper.
enum class PoolDelta : std::uint8_t { usual, always, never };
inline constexpr const char* names_of(PoolDelta) { return "usual,always,never"; }

struct BuiltinForm {
  models::training::BuiltinOptions options;
  Extents input;
  std::optional<std::uint32_t> resolution;
  PoolDelta pool_delta = PoolDelta::usual;
};

template <class Archive>
void describe(Archive& a, BuiltinForm& f) {
  a.required("builtin");
  a.choice("builtin", f.options.network, "which network");
  a.field("width", f.options.width, 0.01, 16.0, "channels as a multiple of the original's");
  a.optional("resolution", f.resolution, 8u, 4096u, "height and width of the image; null: of the clips");
  a.tuple("input", f.input, "channels,height,width", 1, 65535, image_meaning);
  a.field("classes", f.options.classes, 0, 1u << 20, "0: as many as the clips have, else the original's");
  a.choice("activation", f.options.activation, "behind every convolution");
  a.field("stem_stride", f.options.stem_stride, 0, 16, "of the first convolution; 0: the original's");
  a.choice("pool_delta", f.pool_delta,
           "a delta layer after the global average pool; usual: all networks but resnet50, as in the delta paper");
}

struct LayerForm {
  models::training::LayerDescription layer;
  std::optional<std::vector<models::training::TermDescription>> terms;
  std::optional<models::training::PoolDescription> max_pool;
};

struct LayersForm {
  std::string name = "network";
  Extents input;
  bool input_delta = true;
  std::optional<std::vector<LayerForm>> layers;
};

struct OnnxForm {
  std::string onnx;
  double pixel_scale = 1.0;
};

template <class Archive>
void describe(Archive& a, OnnxForm& f) {
  a.required("onnx");
  a.path("onnx", f.onnx, "a trained float network whose layers are taken; its weights, too, where /start names it");
  a.field("pixel_scale", f.pixel_scale, 1e-9, 1e9, "that network takes pixel * pixel_scale");
}

template <class Archive>
void describe(Archive& a, models::training::TermDescription& t) {
  a.choice("kind", t.kind, "convolution and dense have weights; identity and average_pool keep the channels");
  a.field("from", t.from, "\"input\" or an earlier layer; empty: the layer before");
  a.field("kernel", t.kernel, 0, 65535, "convolution, average_pool: rows and columns; average_pool: 0 = the whole map");
  a.field("stride", t.stride, 1, 65535, "convolution, average_pool");
  a.tuple("padding", t.padding, "before,after", 0, 65535,
          "zeros at top and left, at bottom and right; null: as many as give ceil(size / stride) outputs");
  a.field("groups", t.groups, 0, 1u << 20, "convolution; 0: depthwise, as many as input channels");
  a.field("batch_norm", t.batch_norm, "convolution, dense: followed by batch normalisation, and so without a bias");
}

template <class Archive>
void describe(Archive& a, models::training::PoolDescription& p) {
  a.field("kernel", p.kernel, 1, 65535, "rows and columns");
  a.field("stride", p.stride, 1, 65535, "in both directions");
  a.field("padding", p.padding, 0, 65535, "on all sides; at most half of the kernel");
}

template <class Archive>
void describe(Archive& a, LayerForm& f) {
  a.required("name");
  a.required("terms");
  a.field("name", f.layer.name, "its own");
  a.field("outputs", f.layer.outputs, 0, 1u << 20,
          "channels; 0: as many as the first term's input, of the last layer: as the clips have classes");
  a.objects("terms", f.terms, "linear terms, which are added");
  a.choice("activation", f.layer.activation, "of the sum");
  a.optional_object("max_pool", f.max_pool, "after the activation, inside the delta layer");
  a.field("delta", f.layer.delta, "followed by a delta activation layer; the last layer, the logits, is not");
}

template <class Archive>
void describe(Archive& a, LayersForm& f) {
  a.required("layers");
  a.field("name", f.name, "of the network, for messages and reports");
  a.tuple("input", f.input, "channels,height,width", 1, 65535, image_meaning);
  a.field("input_delta", f.input_delta, "a delta activation layer on the image");
  a.objects("layers", f.layers, "in evaluation order; the last one gives the logits, one per class");
}

}  // namespace deltasim::sim
