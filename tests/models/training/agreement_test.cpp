// What training evaluated is what the simulator computes: the module with the weights of the export, against the
// integer network that the exported file becomes.
#include "models/graph.hpp"
#include "models/reference.hpp"
#include "models/training/network_module.hpp"
#include "tests/models/graph_builder.hpp"
#include "tests/models/training/trained_networks.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace deltasim;
using namespace deltasim::models;
using namespace deltasim::models::training;

namespace {

Network exported(const TrainedNetwork& network) {
  const test::TemporaryFolder folder;
  export_onnx(network, {}, folder / "network.onnx");
  return quantise(import_onnx(folder / "network.onnx"), {});
}

/// A trained network in training's own arithmetic.
class Training {
 public:
  explicit Training(const TrainedNetwork& network)
      : module_(network.description, network.input_steps.size() == 1 ? ThresholdGrain::layer : ThresholdGrain::channel,
                1) {
    load(module_, network);
    module_.compute_as_exported(true);
    module_.eval();
  }

  /// Logits of one frame of pixels 0..255.
  std::vector<float> run(const std::vector<float>& frame) {
    const torch::NoGradGuard no_gradients;
    const Shape& s = module_.description().input;
    const auto pixels = torch::tensor(frame).view({1, s.channels, s.height, s.width});
    const auto logits = module_.forward(pixels / 255.0, 1).contiguous();
    return {logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel()};
  }

  std::size_t points() const { return module_.delta_points().size(); }
  const std::string& name(std::size_t point) const { return module_.delta_points()[point].name; }
  /// Whether all that a delta layer's sum reads is among these layers.
  bool reads_only(std::size_t point, const std::set<std::string>& layers) const {
    const std::size_t l = module_.delta_points()[point].layer;
    if (l == TermGeometry::from_input) return true;
    const auto& terms = module_.description().layers[l].terms;
    return std::all_of(terms.begin(), terms.end(),
                       [&](const TermDescription& term) { return layers.count(term.from) != 0; });
  }
  /// Codes that a delta layer sent in the last frame, row-major C, H, W.
  std::vector<std::int32_t> codes(std::size_t at) const {
    const DeltaPoint& point = module_.delta_points()[at];
    const auto ratio = torch::round(point.sent.detach() / point.activation->step()).contiguous();
    const auto flat = ratio.to(torch::kInt).contiguous(at::MemoryFormat::Contiguous);
    return {flat.data_ptr<int>(), flat.data_ptr<int>() + flat.numel()};
  }

 private:
  NetworkModule module_;
};

/// The layer whose codes a delta layer's are: its max pool where it has one.
LayerId layer_of(const Network& network, const std::string& name) {
  LayerId found = 0;
  for (LayerId l = 0; l < network.layers.size(); ++l)
    if (network.layers[l].name == name || network.layers[l].name == name + "/pool") found = l;
  return found;
}

struct Agreement {
  std::size_t values = 0, different = 0;  ///< after all layers before have rounded, too
  /// The same where all that the layer reads is equal; further: by more than one code.
  std::size_t alone = 0, alone_different = 0, alone_further = 0;
  double changes_trained = 0, changes_simulated = 0, logit_error = 0, logit_power = 0;
};

/// Each layer's changes from frame to frame.
double changes(const std::vector<std::int32_t>& now, std::vector<std::int32_t>& before) {
  double n = 0;
  for (std::size_t i = 0; i < now.size() && !before.empty(); ++i) n += now[i] != before[i];
  before = now;
  return n;
}

void compare(const TrainedNetwork& trained, std::uint32_t seed, Agreement& all) {
  Training training(trained);
  const Network network = exported(trained);
  const auto frames = test::pixel_frames(trained.description.input, 5, seed);
  test::FixedFrames source(trained.description.input, frames);
  RuleSet rules;
  ReferenceNetwork reference(network, rules, source);
  FrameEvents events;
  std::vector<std::vector<std::int32_t>> before(training.points()), simulated_before(training.points());
  for (const std::vector<float>& frame : frames) {
    const std::vector<float> logits = training.run(frame);
    REQUIRE(reference.next(events));
    std::set<std::string> equal{"input"};
    for (std::size_t p = 0; p < training.points(); ++p) {
      CAPTURE(training.name(p));
      const auto codes = training.codes(p), found = reference.reconstructed(layer_of(network, training.name(p)));
      REQUIRE(codes.size() == found.size());
      std::size_t different = 0, further = 0;
      for (std::size_t i = 0; i < codes.size(); ++i) {
        different += codes[i] != found[i];
        further += std::abs(codes[i] - found[i]) > 1;
      }
      all.values += codes.size();
      all.different += different;
      if (training.reads_only(p, equal)) {
        all.alone += codes.size();
        all.alone_different += different;
        all.alone_further += further;
      }
      if (different == 0) equal.insert(training.name(p));
      if (p == 0) CHECK(different == 0);  // the image
      all.changes_trained += changes(codes, before[p]);
      all.changes_simulated += changes(found, simulated_before[p]);
    }
    const std::vector<double>& unit = network.layers.back().output_scale;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double value = static_cast<double>(events.outputs[i]) * unit[unit.size() == 1 ? 0 : i];
      all.logit_error = std::max(all.logit_error, std::abs(value - logits[i]));
      all.logit_power = std::max(all.logit_power, std::abs(double{logits[i]}));
    }
  }
}

/// Trained for few changes, some outputs hang on their biases: multipliers of a few units remain for their weights.
TrainedNetwork with_faint_outputs(TrainedNetwork network) {
  for (TrainedLayer& layer : network.layers)
    for (TrainedTerm& term : layer.terms) {
      if (!term.batch_norm) continue;
      for (std::size_t o = 0; o < term.batch_norm->gamma.size(); o += 3) {
        term.batch_norm->gamma[o] *= 1e-4F;
        term.batch_norm->beta[o] = 1.1F;
      }
    }
  return network;
}

}  // namespace

TEST_CASE("training and simulator agree: codes of every layer, changes, logits") {
  torch::set_num_threads(1);
  for (const NetworkDescription& description :
       {test::mobile_description(), test::residual_description(), test::plain_pool_description()})
    for (const auto& steps : {std::pair{1.0, false}, {10.0, false}, {100.0, false}, {10.0, true}}) {
      const double spread = steps.first;
      const bool faint = steps.second;
      CAPTURE(description.name);
      CAPTURE(spread);
      CAPTURE(faint);
      Agreement all;
      for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        const TrainedNetwork network = test::random_trained(description, seed, spread);
        compare(faint ? with_faint_outputs(network) : network, seed, all);
      }
      MESSAGE(description.name << ", steps within " << spread << std::string(faint ? ", faint outputs: " : ": ")
                               << all.alone_different << " of " << all.alone << " codes of equal inputs differ, "
                               << all.different << " of " << all.values << " in the whole network, changes "
                               << all.changes_simulated << " for " << all.changes_trained << ", logits within "
                               << all.logit_error << " of " << all.logit_power);
      CHECK(all.alone * 5 > all.values);
      CHECK(all.alone_different * 2000 < all.alone);
      CHECK(all.alone_further == 0);
      CHECK(all.different * 200 < all.values);
      CHECK(std::abs(all.changes_simulated - all.changes_trained) < 0.001 * all.changes_trained);
      CHECK(all.logit_error < 0.02 * all.logit_power);
    }
}
