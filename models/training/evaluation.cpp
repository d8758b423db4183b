#include "models/training/evaluation.hpp"

#include "models/training/penalty.hpp"

namespace deltasim::models::training {
namespace {

constexpr std::uint64_t frames_at_once = 64;  ///< activations of a layer stay in the cache

std::int64_t signed_of(std::uint64_t n) { return static_cast<std::int64_t>(n); }

/// Outputs that a neuron of `layer` reaches, as the paper counts them.
double paper_fan_out(const NetworkDescription& network, const std::vector<LayerGeometry>& layers, std::size_t layer) {
  double sum = 0;
  for (std::size_t l = 0; l < layers.size(); ++l)
    for (std::size_t i = 0; i < layers[l].terms.size(); ++i) {
      const TermGeometry& t = layers[l].terms[i];
      const TermKind kind = network.layers[l].terms[i].kind;
      if (t.from != layer) continue;
      const double channels = layers[l].sum.channels;
      if (kind == TermKind::convolution) sum += channels / t.groups * t.kernel_h * t.kernel_w;
      if (kind == TermKind::dense) sum += channels;
    }
  return sum;
}

void forget_activations(NetworkModule& module) {
  for (DeltaPoint& point : module.delta_points()) point.sent = torch::Tensor();
}

}  // namespace

ActivityMeter::ActivityMeter(const NetworkModule& module) {
  const NetworkDescription& network = module.description();
  const auto layers = geometry(network);
  for (const LayerGeometry& layer : layers) macs_ += static_cast<double>(layer.macs);
  const auto whole = [&](std::size_t l) {
    const Shape& shape = l == TermGeometry::from_input ? network.input : layers[l].output;
    return paper_fan_out(network, layers, l) * static_cast<double>(shape.size());
  };
  paper_rest_ = whole(TermGeometry::from_input);
  for (std::size_t l = 0; l < layers.size(); ++l) paper_rest_ += whole(l);
  for (const DeltaPoint& from : module.delta_points()) {
    const Shape& shape = from.layer == TermGeometry::from_input ? network.input : layers[from.layer].output;
    Point point;
    point.name = from.name;
    point.neurons = static_cast<double>(shape.size());
    point.macs = from.fan_out.sum().item<double>() * shape.channels;
    point.paper_fan_out = paper_fan_out(network, layers, from.layer);
    paper_rest_ -= point.paper_fan_out * point.neurons;
    points_.push_back(point);
  }
}

void ActivityMeter::add(const NetworkModule& module, std::int64_t frames) {
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const DeltaPoint& from = module.delta_points()[i];
    const OutputActivity activity = output_activity(from.sent, frames, from.fan_out);
    Point& point = points_[i];
    point.frames += activity.frames;
    point.nonzero += activity.nonzero;
    point.changed += activity.changed;
    point.macs_nonzero += activity.nonzero_weighted;
    point.macs_changed += activity.changed_weighted;
  }
}

double ActivityMeter::macs_of(double Point::*sum) const {
  double macs = macs_;
  for (const Point& point : points_) macs += point.frames > 0 ? point.*sum / point.frames - point.macs : -point.macs;
  return macs_ > 0 ? macs / macs_ : 0;
}

double ActivityMeter::changed_share() const { return macs_of(&Point::macs_changed); }

void ActivityMeter::report(Evaluation& evaluation) const {
  evaluation.macs_nonzero = macs_of(&Point::macs_nonzero);
  evaluation.macs_changed = macs_of(&Point::macs_changed);
  double whole = paper_rest_, nonzero = paper_rest_, changed = paper_rest_;
  for (const Point& point : points_) {
    const double frames = std::max(point.frames, 1.0);
    evaluation.layers.push_back(
        {point.name, point.nonzero / frames / point.neurons, point.changed / frames / point.neurons});
    whole += point.paper_fan_out * point.neurons;
    nonzero += point.paper_fan_out * point.nonzero / frames;
    changed += point.paper_fan_out * point.changed / frames;
  }
  evaluation.sparsity_nonzero = whole > 0 ? 1 - nonzero / whole : 0;
  evaluation.sparsity_changed = whole > 0 ? 1 - changed / whole : 0;
}

torch::Tensor frames_of(ClipBatch& batch, const Shape& shape) {
  const auto frames = torch::from_blob(
      batch.pixels.data(), {signed_of(batch.label.size()) * batch.frames, shape.height, shape.width, shape.channels},
      torch::kFloat);
  return frames.permute({0, 3, 1, 2});
}

torch::Tensor clip_predictions(const torch::Tensor& logits, std::int64_t frames) {
  return torch::softmax(logits, 1).reshape({-1, frames, logits.size(1)}).mean(1);
}

Evaluation evaluate_module(NetworkModule& module, const ClipSource& clips, std::uint64_t frames) {
  torch::NoGradGuard no_gradients;
  module.eval();
  const ClipBatches batches(clips, module.description().input, "clips to evaluate");
  ActivityMeter meter(module);
  const std::size_t classes = clips.classes().size();
  std::vector<double> right(classes), of_class(classes);
  double frames_right = 0, all_frames = 0;
  const std::size_t at_once = std::max<std::size_t>(1, frames_at_once / std::max<std::uint64_t>(frames, 1));
  for (std::size_t first = 0; first < clips.size();) {
    ClipBatch batch = batches.evaluation(first, at_once, frames);
    first += batch.label.size();
    const auto logits = module.forward(frames_of(batch, module.description().input), batch.frames);
    meter.add(module, batch.frames);
    const auto best = clip_predictions(logits, batch.frames).argmax(1);
    const auto frame_best = logits.argmax(1).reshape({-1, batch.frames});
    for (std::size_t i = 0; i < batch.label.size(); ++i) {
      const auto label = static_cast<std::int64_t>(batch.label[i]);
      of_class.at(batch.label[i]) += 1;
      right[batch.label[i]] += best[signed_of(i)].item<std::int64_t>() == label ? 1 : 0;
      frames_right += (frame_best[signed_of(i)] == label).sum().item<double>();
      all_frames += batch.frames;
    }
  }
  forget_activations(module);
  Evaluation result;
  result.clips = clips.size();
  for (std::size_t c = 0; c < classes; ++c) {
    result.accuracy += right[c] / static_cast<double>(clips.size());
    result.class_accuracy.push_back(of_class[c] > 0 ? right[c] / of_class[c] : 0);
  }
  result.frame_accuracy = frames_right / all_frames;
  meter.report(result);
  return result;
}

std::vector<std::vector<float>> clip_logits(NetworkModule& module, const ClipSource& clips, std::size_t count,
                                            std::uint64_t frames) {
  torch::NoGradGuard no_gradients;
  module.eval();
  const ClipBatches batches(clips, module.description().input, "clips to evaluate");
  std::vector<std::vector<float>> result;
  for (std::size_t clip = 0; clip < std::min(count, clips.size()); ++clip) {
    ClipBatch batch = batches.evaluation(clip, 1, frames);
    const auto logits = module.forward(frames_of(batch, module.description().input), batch.frames).contiguous();
    result.emplace_back(logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  forget_activations(module);
  return result;
}

}  // namespace deltasim::models::training
