#pragma once

#include "sim/run_config.hpp"

#include <limits>

/// Keys, ranges and meanings of the run file and of network descriptions; one function per struct (sim/config.hpp).
namespace deltasim::sim {

inline constexpr std::uint64_t most_frames = std::uint64_t{1} << 40;

/// From picture to network input: belongs to a network, may be overridden by a run's input.
template <class Archive>
void describe(Archive& a, traces::FrameOptions& o) {
  using Pair = std::array<std::uint32_t, 2>;
  std::optional<Pair> resize;
  if (o.resize) resize = Pair{o.resize->width, o.resize->height};
  a.tuple("resize", resize, "width,height", 1, 16384,
          "size of the pictures; null: the network's input (.npy: as stored)");
  o.resize.reset();
  if (resize) o.resize = traces::Size{(*resize)[0], (*resize)[1]};

  a.choice("filter", o.filter,
           "how pictures are resized; area: box average where they shrink, bilinear where they grow");

  using Box = std::array<std::uint32_t, 4>;
  std::optional<Box> crop;
  if (o.crop.kind == traces::CropKind::rectangle) crop = Box{o.crop.x, o.crop.y, o.crop.width, o.crop.height};
  a.choice_or_tuple("crop", o.crop.kind, crop, "x,y,width,height", 0, 65535,
                    "part of the picture that is kept, before it is resized; center: with the target's proportions");
  if (crop) o.crop = {o.crop.kind, (*crop)[0], (*crop)[1], (*crop)[2], (*crop)[3]};

  a.optional_choice("colour", o.colour,
                    "order of the channels; null: gray for one channel, else rgb (.npy: as stored)");
  a.choice("layout", o.layout, "order of .npy arrays; automatic: decided by the network's input shape");
  a.list("mean", o.mean, -1e9, 1e9, "value = (pixel - mean) * scale / denominator; one, or one per channel; empty: 0");
  a.list("scale", o.scale, -1e9, 1e9, "see mean; one, or one per channel; empty: 1");
  a.field("denominator", o.denominator, 1e-9, 1e9, "see mean");
}

template <class Archive>
void describe(Archive& a, InputConfig& p) {
  traces::FrameOptions& o = p.frames;
  a.path("path", p.path, "video, folder of images, .npy array or recorded trace (.h5); or render, or actions");
  std::optional<traces::RenderOptions> render;
  if (p.kind == InputKind::rendered) render = p.render;
  a.optional_object("render", render, "a clip that is rendered in the place of a file");
  if (render) p.render = *render;
  if (render) p.kind = InputKind::rendered;
  std::optional<traces::ActionInput> actions;
  if (p.kind == InputKind::actions) actions = p.actions;
  a.optional_object("actions", actions, "labelled clips of the rendered benchmark, one after another; docs/dataset.md");
  if (actions) p.actions = *actions;
  if (actions) p.kind = InputKind::actions;
  describe(a, o);
  a.optional("frame_rate", o.frame_rate, 1e-3, 1e6, "frames per second before frame_step; null: as the file says");
  a.field("first_frame", o.first_frame, 0, most_frames, "frames of the source to leave out at the beginning");
  a.field("frame_step", o.frame_step, 1, most_frames, "every n-th frame of the source; divides the frame rate");
  a.path("labels", o.labels, ".npy, .csv or .txt with a class index for each frame of the source");
  a.optional("label", o.label, 0u, 1u << 30, "one class index for all frames");
}

template <class Archive>
void describe(Archive& a, CalibrationConfig& p) {
  a.optional_object_or_file("input", p.input,
                            "frames on which a float network's ranges are measured; null: the run's input");
  a.field("frames", p.frames, 1, most_frames, "at most so many of them");
}

template <class Archive>
void describe(Archive& a, NetworkConfig& p) {
  a.required("model");
  a.path("model", p.model, "trained network: .onnx or Lava netx .net");
  a.names("labels", p.labels, "", "names of the classes, by index");
  a.object("input", p.input, "from picture to network input; defaults of the run's input");
  a.object("calibration", p.calibration, "for float networks; quantised ones keep their own scales");
  using Triple = std::array<std::uint32_t, 3>;
  std::optional<Triple> shape;
  if (p.input_shape) shape = Triple{p.input_shape->channels, p.input_shape->height, p.input_shape->width};
  a.tuple("input_shape", shape, "channels,height,width", 1, 65535, "where the model leaves it open");
  p.input_shape.reset();
  if (shape) p.input_shape = models::Shape{(*shape)[0], (*shape)[1], (*shape)[2]};
}

template <class Archive>
void describe(Archive& a, SliceConfig& p) {
  a.required("layer");
  a.required("core");
  a.field("layer", p.layer, "name of the layer");
  a.field("core", p.core, 0, 65535, "index of the core, row by row");
  a.tuple("channels", p.channels, "begin,end", 0, 1u << 30, "output channels: first, one past the last; null: all");
  a.tuple("rows", p.rows, "begin,end", 0, 65536, "rows of the output: first, one past the last; null: all");
  a.tuple("columns", p.columns, "begin,end", 0, 65536, "columns of the output: first, one past the last; null: all");
  a.field("weights_in_dram", p.weights_in_dram,
          "weights live in DRAM (the chip has one) and come when they are needed");
  a.field("state_in_dram", p.state_in_dram, "accumulators and references that outlast a frame live in DRAM");
}

inline constexpr const char* threshold_meaning =
    "rule delta: quantisation step as a multiple of the layer's own (1 = exact); other rules: codes of the layer's "
    "step "
    "(0 = every change is sent); one, or one per channel; empty: the rule's neutral one";

template <class Archive>
void describe(Archive& a, models::LayerRule& p) {
  a.choice("mode", p.mode, "normal: sends its non-zero values every frame, keeps no reference");
  a.list("threshold", p.threshold, 0.0, 1e9, threshold_meaning);
}

template <class Archive>
void describe(Archive& a, models::RuleSet& p) {
  a.choice("rule", p.rule, "what the layers of execution 'delta' send");
  a.choice("mode", p.every.mode, "of layers that `layers` does not name");
  std::map<std::string, std::vector<double>> named;
  a.list_or_by_name("threshold", p.every.threshold, named, 0.0, 1e9, threshold_meaning);
  for (auto& [name, threshold] : named) p.layers[name].threshold = threshold;
  a.by_name("layers", p.layers, "by name of the sending layer; wins over threshold");
  a.optional_choice("comparison", p.comparison, "of a change with the threshold; null: the rule's own");
  a.field("payload_bits", p.payload_bits, 2, 32, "signed; a larger value travels as several events");
  a.field("key_frame_period", p.key_frame_period, 0, 1u << 30, "all state starts anew every n frames; 0: only once");
  a.field("layer_delay", p.layer_delay, "one frame of delay per layer, as Loihi does");
}

struct StallConfig {
  double probability = 0.0;
};

template <class Archive>
void describe(Archive& a, StallConfig& p) {
  a.field("probability", p.probability, 0.0, 0.99, "of a random stall at every output, per cycle; for tests");
}

template <class Archive>
void describe(Archive& a, RunConfig& p) {
  a.required("network");
  if (p.needs_machine()) {
    a.required("input");
    a.required("energy");
  }
  a.object_or_file("network", p.network,
                   "model file (.onnx, .net), description of a network (.json), or the latter inline");
  a.object_or_file("input", p.input, "what the network sees: a path or an object");
  a.object_or_file("hardware", p.hardware, "the chip: a path (.json) or an object");
  a.object_or_file("systolic", p.systolic, "array of execution 'systolic': a path (.json) or an object");
  a.raw("energy", p.energy.table, "energy table: a path (.json) or an object; docs/energy-numbers.md");
  a.object("delta", p.delta, "delta rule of execution 'delta'");
  a.optional("frames", p.frames, 1, most_frames, "at most so many frames; null: all");
  a.names("executions", p.executions, "dense,spatial,delta,systolic",
          "what is compared; systolic, a dense array beside the machine, needs neither weights nor input");
  a.field("check", p.check, "the machine computes the real integers; they must equal the reference network's");
  a.choice(
      "engine", p.engine,
      "who wakes the machine's units, with the same results: wheel (fast), or a SystemC process and event for each");
  a.field("seed", p.seed, 0, std::numeric_limits<std::uint64_t>::max(), "of the stalls");
  a.objects("mapping", p.mapping, "which core holds which neurons; null: automatic");
  StallConfig stalls{p.stall_probability};
  a.object("stalls", stalls, "random stalls, which must not change any value");
  p.stall_probability = stalls.probability;
  a.skip("layer_delay", "boolean", "the same as /delta/layer_delay");
  a.skip("files", "object", "written beside an effective configuration: where its parts came from");
}

}  // namespace deltasim::sim
