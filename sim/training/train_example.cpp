#include "sim/training/example_network.hpp"
#include "traces/rendered.hpp"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <map>

/// Trains the network of the default example on rendered clips, on one thread, in a few minutes. Pairs of neighbouring
/// frames teach it two things at once: the class, and to send little when little moves (after Yousefzadeh and
/// Sifalakis, arXiv 2107.07305: a penalty on what changes from frame to frame, weighted with the MACs it causes).
namespace deltasim::sim {
namespace {

struct TrainingOptions {
  std::string output = "example.onnx";
  std::uint64_t seed = 1;
  std::int64_t clips = 8000;
  std::int64_t test_clips = 1200;
  std::int64_t epochs = 12;
  std::int64_t batch = 32;  ///< clips, of two frames each
  double learning_rate = 4e-3;
  double rate = 0.6;  ///< weight of the penalty on changes
};

/// Pairs of neighbouring frames: frames[2 i] and frames[2 i + 1] are of clip i.
struct ClipSet {
  torch::Tensor frames;  ///< uint8, 2 N x 3 x side x side
  torch::Tensor labels;  ///< N
  torch::Tensor still;   ///< N, 1 where the camera stands still
};

/// Two frames from each of `count` clips. Seeds of different sets must not overlap.
ClipSet render(std::int64_t count, std::uint64_t first_seed, bool varied) {
  ClipSet set;
  set.frames = torch::empty({2 * count, 3, example_side, example_side}, torch::kUInt8);
  set.labels = torch::empty({count}, torch::kLong);
  set.still = torch::empty({count}, torch::kFloat);
  auto* to = set.frames.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    traces::Dice dice(traces::scramble(seed, 0x747261696e));
    traces::RenderOptions options;
    options.width = options.height = example_side;
    options.frames = 2;
    const bool moving = varied && dice.between(0, 9) < 3;
    if (varied) {
      options.objects = static_cast<std::uint32_t>(dice.between(1, 3));
      options.speed = static_cast<double>(dice.between(50, 300)) / 100.0;
      options.noise = static_cast<double>(dice.between(0, 250)) / 100.0;
      options.camera_motion = moving ? static_cast<double>(dice.between(30, 300)) / 100.0 : 0.0;
    }
    const auto object = static_cast<traces::ObjectClass>(i % traces::object_classes);
    for (const auto& frame : traces::render_clip(options, seed, object)) {
      to = std::transform(frame.values.begin(), frame.values.end(), to,
                          [](float value) { return static_cast<std::uint8_t>(value); });
    }
    set.labels[i] = static_cast<std::int64_t>(object);
    set.still[i] = moving ? 0.0F : 1.0F;
  }
  return set;
}

/// Frames of the chosen clips as RGB / 255, pair by pair.
torch::Tensor pairs(const ClipSet& set, const torch::Tensor& chosen) {
  const auto index = torch::stack({chosen * 2, chosen * 2 + 1}, 1).flatten();
  return set.frames.index_select(0, index).to(torch::kFloat).div_(255.0);
}

/// Changes of every tensor in steps of an 8-bit code, compressed: log(1 + d) grows fast near zero, so a small change
/// is pressed to none before a large one is pressed to a smaller one. Weighted with each tensor's share of the MACs.
torch::Tensor change_penalty(const std::vector<SentTensor>& sent, const torch::Tensor& still) {
  double total = 0.0;
  for (const auto& tensor : sent) total += tensor.macs;
  auto sum = torch::zeros({});
  for (std::size_t i = 1; i < sent.size(); ++i) {  // nobody can change the input
    const auto& values = sent[i].values;
    const auto step = values.detach().max() / 255.0 + 1e-6;
    const auto both = values.view({-1, 2, values[0].numel()});
    const auto change = torch::log1p((both.select(1, 1) - both.select(1, 0)).abs() / step).mean(1);
    sum = sum + sent[i].macs / total * (change * still).mean();
  }
  return sum;
}

/// Share of the MACs of a dense pass that non-zero codes (spatial) and changed codes (delta) cause; weights in float.
struct Density {
  double spatial = 0.0, delta = 0.0;
};

struct TestResult {
  double accuracy = 0.0;
  Density all;
  std::vector<std::pair<std::string, Density>> tensors;
};

TestResult test(ExampleNetwork& network, const ClipSet& set) {
  torch::NoGradGuard no_gradients;
  network.eval();
  const std::int64_t count = set.labels.size(0), batch = 60;
  std::int64_t right = 0;
  std::map<std::string, double> steps;  // of the first batch, as a calibration would
  TestResult result;
  double total = 0.0;
  for (std::int64_t begin = 0; begin < count; begin += batch) {
    const auto chosen = torch::arange(begin, std::min(begin + batch, count), torch::kLong);
    const auto logits = network.forward(pairs(set, chosen));
    const auto labels = set.labels.index_select(0, chosen).repeat_interleave(2);
    right += logits.argmax(1).eq(labels).sum().item<std::int64_t>();
    const double share = static_cast<double>(chosen.size(0)) / static_cast<double>(count);
    std::size_t i = 0;
    for (const auto& [name, values, macs] : network.sent()) {
      if (begin == 0) {
        steps[name] = name == "input" ? 1.0 / 255.0 : values.max().item<double>() / 255.0;
        result.tensors.push_back({name, {}});
        total += macs;
      }
      const auto codes = torch::round(values / steps[name]).clamp(0, 255).view({-1, 2, values[0].numel()});
      const Density here{share * codes.ne(0).to(torch::kFloat).mean().item<double>(),
                         share * codes.select(1, 1).ne(codes.select(1, 0)).to(torch::kFloat).mean().item<double>()};
      result.tensors[i].second.spatial += here.spatial;
      result.tensors[i++].second.delta += here.delta;
      result.all.spatial += here.spatial * macs;
      result.all.delta += here.delta * macs;
    }
  }
  result.all.spatial /= total;
  result.all.delta /= total;
  result.accuracy = static_cast<double>(right) / static_cast<double>(2 * count);
  return result;
}

/// Up over the first tenth, then down along a cosine.
double learning_rate(const TrainingOptions& options, double progress) {
  const double warm = std::min(1.0, progress / 0.1);
  return options.learning_rate * warm * 0.5 * (1.0 + std::cos(3.141592653589793 * progress));
}

void train(ExampleNetwork& network, const ClipSet& set, const ClipSet& held_out, const TrainingOptions& options) {
  torch::optim::AdamW optimiser(network.parameters(),
                                torch::optim::AdamWOptions(options.learning_rate).weight_decay(1e-4));
  const std::int64_t count = set.labels.size(0), batches = count / options.batch;
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    network.train();
    const auto order = torch::randperm(count, torch::kLong);
    double loss_sum = 0.0, penalty_sum = 0.0;
    std::int64_t right = 0;
    for (std::int64_t i = 0; i < batches; ++i) {
      const double progress = static_cast<double>(epoch * batches + i) / static_cast<double>(options.epochs * batches);
      static_cast<torch::optim::AdamWOptions&>(optimiser.param_groups()[0].options())
          .lr(learning_rate(options, progress));
      const auto chosen = order.slice(0, i * options.batch, (i + 1) * options.batch);
      auto frames = pairs(set, chosen);
      if (torch::rand({1}).item<float>() < 0.5F) frames = frames.flip({3});  // every class is its own mirror image
      if (torch::rand({1}).item<float>() < 0.5F) frames = frames.flip({2});
      const auto logits = network.forward(frames);
      const auto labels = set.labels.index_select(0, chosen).repeat_interleave(2);
      const auto loss = torch::nn::functional::cross_entropy(logits, labels);
      const auto penalty = change_penalty(network.sent(), set.still.index_select(0, chosen));
      optimiser.zero_grad();
      (loss + options.rate * std::min(1.0, 3.0 * progress) * penalty).backward();
      optimiser.step();
      loss_sum += loss.item<double>();
      penalty_sum += penalty.item<double>();
      right += logits.argmax(1).eq(labels).sum().item<std::int64_t>();
    }
    const auto now = test(network, held_out);
    fmt::print(
        "epoch {:2}: loss {:.4f}, changes {:.4f}, accuracy {:.4f}; held out: accuracy {:.4f}, MACs of dense: "
        "spatial {:.3f}, delta {:.3f}\n",
        epoch + 1, loss_sum / static_cast<double>(batches), penalty_sum / static_cast<double>(batches),
        static_cast<double>(right) / static_cast<double>(2 * batches * options.batch), now.accuracy, now.all.spatial,
        now.all.delta);
    std::fflush(stdout);
  }
}

void run(const TrainingOptions& options) {
  torch::manual_seed(options.seed);
  torch::set_num_threads(1);  // one order of additions, and no fighting over busy cores
  const std::uint64_t seeds = options.seed << 32;
  const auto training = render(options.clips, seeds, true);
  const auto held_out = render(options.test_clips, seeds + (1u << 30), true);
  const auto default_clips = render(options.test_clips, seeds + (2u << 30), false);
  ExampleNetwork network(traces::object_classes);
  std::int64_t parameters = 0;
  for (const auto& tensor : network.parameters()) parameters += tensor.numel();
  fmt::print("{} clips for training, {} held out; {} parameters\n", options.clips, options.test_clips, parameters);
  train(network, training, held_out, options);
  const auto varied = test(network, held_out);
  const auto plain = test(network, default_clips);
  fmt::print("accuracy per frame: {:.4f} on held-out clips, {:.4f} on clips with default options\n", varied.accuracy,
             plain.accuracy);
  for (const auto& [name, density] : plain.tensors) {
    fmt::print("  {:<11} non-zero {:.3f}  changed {:.3f}\n", name, density.spatial, density.delta);
  }
  fmt::print("MACs of dense on clips with default options: spatial {:.3f}, delta {:.3f}\n", plain.all.spatial,
             plain.all.delta);
  network.write(options.output, {{"seed", std::to_string(options.seed)},
                                 {"accuracy", fmt::format("{:.4f}", varied.accuracy)},
                                 {"made_by", "deltasim-train-example"}});
}

}  // namespace
}  // namespace deltasim::sim

int main(int argc, char** argv) {
  deltasim::sim::TrainingOptions options;
  CLI::App app{"Trains the network of the default example on rendered clips."};
  app.add_option("output", options.output, "ONNX file to write")->required();
  app.add_option("--seed", options.seed, "of clips, weights and order")->capture_default_str();
  app.add_option("--clips", options.clips, "clips for training")->capture_default_str()->check(CLI::Range(64, 1000000));
  app.add_option("--test-clips", options.test_clips, "held-out clips")
      ->capture_default_str()
      ->check(CLI::Range(60, 1000000));
  app.add_option("--epochs", options.epochs, "passes over them")->capture_default_str()->check(CLI::Range(1, 10000));
  app.add_option("--learning-rate", options.learning_rate, "largest")
      ->capture_default_str()
      ->check(CLI::Range(1e-6, 1.0));
  app.add_option("--rate", options.rate, "weight of the penalty on changes")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  CLI11_PARSE(app, argc, argv);
  try {
    deltasim::sim::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
