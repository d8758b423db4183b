#include "models/training/trainer.hpp"

#include "models/error.hpp"
#include "tests/models/training/tiny_clips.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

using namespace deltasim::models;
using namespace deltasim::models::training;

namespace {

namespace fs = std::filesystem;

TrainingOptions quick(Regime regime, std::uint64_t epochs = 4) {
  TrainingOptions options;
  options.regime = regime;
  options.epochs = epochs;
  options.batch = 4;
  options.clip_frames = 3;
  options.crop = 0;
  options.learning_rate = 1e-2;
  options.quantise_weights = 1;
  options.test_frames = 6;
  return options;
}

/// Everything that a training makes, bit by bit.
std::vector<float> numbers(const TrainedNetwork& network) {
  std::vector<float> all = network.input_steps;
  const auto add = [&](const std::vector<float>& values) { all.insert(all.end(), values.begin(), values.end()); };
  for (const auto& layer : network.layers) {
    add(layer.steps);
    for (const auto& term : layer.terms) {
      add(term.weight), add(term.bias);
      if (term.batch_norm) add(term.batch_norm->gamma), add(term.batch_norm->beta), add(term.batch_norm->mean);
    }
  }
  return all;
}

struct Run {
  std::vector<float> weights;
  std::vector<EpochRecord> records;
};

/// Stops after `batches` progress reports; 0 = never.
Run trained(const TrainingOptions& options, const std::string& checkpoint, std::size_t batches = 0) {
  const TinyClips train(16, 1), test(8, 3);
  Trainer trainer(tiny_network(), options, train, test);
  Run run;
  std::size_t seen = 0;
  trainer.run(
      checkpoint, [&](const TrainingProgress&) { return batches == 0 || ++seen < batches; },
      [&](const EpochRecord& record) { run.records.push_back(record); });
  run.weights = numbers(trainer.result());
  return run;
}

class Folder {
 public:
  explicit Folder(const std::string& name) : path_(fs::temp_directory_path() / ("deltasim_" + name)) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file() const { return (path_ / "checkpoint").string(); }

 private:
  fs::path path_;
};

std::string failure(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("trainer: learns bars in every regime, and delta sends less than the baseline") {
  TinyClips train(32, 1), test(16, 5);
  train.flickers = test.flickers = true;
  std::vector<Evaluation> results;
  for (const Regime regime : {Regime::baseline, Regime::l1, Regime::delta}) {
    auto options = quick(regime, 10);
    options.rate = 2.0;
    options.threshold_rate = 5;
    options.initial_threshold = 8;  // the baseline has steps of 8 bits all the same
    Trainer trainer(tiny_network(), options, train, test);
    std::vector<EpochRecord> records;
    trainer.run("", {}, [&](const EpochRecord& record) { records.push_back(record); });
    REQUIRE(records.size() == 10);
    CHECK(records.back().loss < records.front().loss);
    results.push_back(*records.back().test);
    CHECK(results.back().accuracy >= 0.9);
    CHECK(results.back().layers.size() == 5);
    const Evaluation again = trainer.evaluate(test, 6);
    CHECK(again.accuracy == results.back().accuracy);
    CHECK(again.macs_changed == results.back().macs_changed);
  }
  CHECK(results[1].macs_nonzero < results[0].macs_nonzero);
  CHECK(results[2].macs_changed < 0.8 * results[0].macs_changed);
}

TEST_CASE("trainer: a killed and resumed training gives the same bits as an undisturbed one") {
  for (const auto optimiser : {Optimiser::adam, Optimiser::sgd}) {
    const Folder folder("resume");
    auto options = quick(Regime::delta);
    options.optimiser = optimiser;
    options.quantise_from = 2;
    options.crop = 1, options.flip = true;
    const Run whole = trained(options, "");
    CHECK(trained(options, "").weights == whole.weights);
    const Run killed = trained(options, folder.file(), 4 * 2 + 2);  // in the third epoch
    CHECK(killed.records.size() == 2);
    const Run resumed = trained(options, folder.file());
    CHECK(resumed.weights == whole.weights);
    REQUIRE(resumed.records.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(resumed.records[i].loss == whole.records[i].loss);
      CHECK(resumed.records[i].test->macs_changed == whole.records[i].test->macs_changed);
    }
    const Run finished = trained(options, folder.file());  // nothing is left to do
    CHECK(finished.weights == whole.weights);
    options.seed = 2;
    CHECK(trained(options, "").weights != whole.weights);
  }
}

TEST_CASE("trainer: a checkpoint of another training, and a broken one, are refused") {
  const Folder folder("refused");
  auto options = quick(Regime::delta, 1);
  trained(options, folder.file());
  options.learning_rate = 0.5;
  CHECK(failure([&] { trained(options, folder.file()); }) ==
        folder.file() +
            ": learning_rate: the checkpoint has 0.01, this training 0.5; continue with what it was made "
            "with, or start without it");
  options = quick(Regime::delta, 1);
  const TinyClips train(16, 1), test(8, 3);
  auto other = tiny_network();
  other.layers[2].outputs = 13;
  const std::string problem = failure([&] { Trainer(other, options, train, test).run(folder.file(), {}, {}); });
  CHECK(problem.find(folder.file() + ": layer pointwise: the checkpoint has 12 outputs") == 0);

  std::ifstream in(folder.file(), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto refused = [&](const std::string& content) {
    std::ofstream(folder.file(), std::ios::binary) << content;
    return failure([&] { trained(options, folder.file()); });
  };
  for (const std::size_t size : {std::size_t{3}, std::size_t{40}, bytes.size() / 2, bytes.size() - 1})
    CHECK(refused(bytes.substr(0, size)) ==
          folder.file() + ": the checkpoint is truncated or damaged; start without it, or from a copy");
  std::string changed = bytes;
  changed[bytes.size() / 2] ^= 1;
  CHECK(refused(changed).find("truncated or damaged") != std::string::npos);
  CHECK(refused("something else") == folder.file() + ": this is no checkpoint of this version; start without it");
}

TEST_CASE("trainer: early stop keeps the best exported epoch") {
  auto options = quick(Regime::baseline, 30);
  options.patience = 2;
  options.quantise_weights = 3;
  const Run run = trained(options, "");
  CHECK(run.records.size() < 30);  // the bars are learnt in a few epochs
  REQUIRE(run.records.size() >= 3);

  const Folder folder("early");
  trained(options, folder.file(), 4 * run.records.size() - 5);
  CHECK(trained(options, folder.file()).weights == run.weights);

  const TinyClips train(16, 1), test(8, 3);
  Trainer judged(tiny_network(), options, train, test);
  judged.read(folder.file());
  CHECK(numbers(judged.result()) == run.weights);
  double best = 0;
  for (std::size_t i = run.records.size() - 3; i < run.records.size(); ++i)
    best = std::max(best, run.records[i].test->accuracy);
  CHECK(judged.evaluate(test, options.test_frames).accuracy == best);
}

TEST_CASE("trainer: an unfinished training is judged as its checkpoint has it") {
  const Folder folder("unfinished");
  auto options = quick(Regime::delta, 6);
  options.quantise_weights = 2;
  const Run run = trained(options, folder.file(), 4 * 4 + 2);  // stopped in the fifth epoch, the first of these two
  REQUIRE(run.records.size() == 4);
  const TinyClips train(16, 1), test(8, 3);
  Trainer judged(tiny_network(), options, train, test);
  judged.read(folder.file());
  const Evaluation found = judged.evaluate(test, options.test_frames);
  CHECK(found.accuracy == run.records.back().test->accuracy);
  CHECK(found.macs_changed == run.records.back().test->macs_changed);
  CHECK(found.frame_accuracy == run.records.back().test->frame_accuracy);
}

TEST_CASE("trainer: refinement starts from weights and steps, other classes start their logits anew") {
  const TinyClips train(16, 1), test(8, 3);
  auto options = quick(Regime::baseline, 3);
  Trainer first(tiny_network(), options, train, test);
  first.run("", {}, {});
  const TrainedNetwork start = first.result();
  REQUIRE(start.layers[0].steps.size() == 8);
  CHECK(start.classes == train.classes());

  options.regime = Regime::delta;
  options.initial_threshold = 4;
  Trainer second(tiny_network(), options, train, test);
  second.start_from(start);
  CHECK(second.result().layers[0].steps[3] == doctest::Approx(4 * start.layers[0].steps[3]));
  CHECK(second.result().layers[0].terms[0].weight == start.layers[0].terms[0].weight);

  options.initial_threshold = 1;
  Trainer same(tiny_network(), options, train, test);
  same.start_from(start);
  CHECK(same.logits(test, 8, 6) == first.logits(test, 8, 6));
}

TEST_CASE("trainer: thresholds are trained where changes are penalised, and stay 8-bit steps elsewhere") {
  const TinyClips train(16, 1), test(8, 3);
  auto options = quick(Regime::delta, 4);
  options.initial_threshold = 3;
  options.rate = 10;
  options.threshold_rate = 5;
  options.delta_layers = {"depthwise"};
  const auto result = [&](double threshold_rate) {
    options.threshold_rate = threshold_rate;
    Trainer trainer(tiny_network(), options, train, test);
    trainer.run("", {}, {});
    return trainer.result();
  };
  const TrainedNetwork trained = result(5), fixed = result(0);
  CHECK(trained.input_steps[0] == doctest::Approx((30 + 15 + 170) / 255.0 / 255).epsilon(0.1));
  const auto sum = [](const std::vector<float>& steps) { return std::accumulate(steps.begin(), steps.end(), 0.0); };
  CHECK(sum(trained.layers[1].steps) > 1.1 * sum(fixed.layers[1].steps));
}

TEST_CASE("trainer: evaluation counts frames after the first, MACs with exact fan-outs") {
  TinyClips clips(4, 1, 5, 8);
  clips.infos()[2].frames = 3;  // shorter than the others: a batch of its own
  auto options = quick(Regime::baseline, 1);
  Trainer trainer(tiny_network(), options, clips, clips);
  const Evaluation e = trainer.evaluate(clips, 32);  // unquantised: every pixel is nonzero, changed where the bar moves
  CHECK(e.clips == 4);
  CHECK(e.class_accuracy.size() == 2);
  CHECK(e.layers[0].name == "input");
  CHECK(e.layers[0].nonzero == 1.0);
  CHECK(e.layers[0].changed == doctest::Approx(2.0 / 8));  // the bar's old and new place
  const auto logits = trainer.logits(clips, 3, 32);
  REQUIRE(logits.size() == 3);
  CHECK(logits[0].size() == 5 * 2);
  CHECK(logits[2].size() == 3 * 2);
  TinyClips others(4, 1, 5, 8);
  others.rename_classes({"one", "other"});
  CHECK(failure([&] { trainer.evaluate(others, 32); }) ==
        "clips to evaluate: other classes than the training clips; expected the same, in the same order");
  CHECK(e.macs_changed < e.macs_nonzero);
  CHECK(e.macs_nonzero < 1.0);
  CHECK(e.sparsity_changed > e.sparsity_nonzero);
}

TEST_CASE("trainer: options that do not fit are named") {
  const TinyClips train(4, 1), test(4, 2);
  const auto problem = [&](const std::function<void(TrainingOptions&)>& change) {
    auto options = quick(Regime::delta);
    change(options);
    return failure([&] { Trainer(tiny_network(), options, train, test); });
  };
  CHECK(problem([](auto&) {}).empty());
  CHECK(problem([](auto& o) { o.batch = 0; }) == "training: batch: a batch of no clips; expected at least 1");
  CHECK(problem([](auto& o) { o.clip_frames = 1; }) ==
        "training: clip_frames: changes need two frames; expected at least 2");
  CHECK(problem([](auto& o) { o.quantise_from = 5; }) ==
        "training: quantise_from: 5 of 4 epochs; expected an epoch of the training, from 1");
  CHECK(problem([](auto& o) {
          o.delta_layers = {"first", "logits"};
        }) == "training: delta_layers: no delta layer logits; expected names of layers that have one");
  auto network = tiny_network();
  network.layers.back().outputs = 3;
  CHECK(failure([&] { Trainer(network, quick(Regime::delta), train, test); }) ==
        "training: network: 3 logits for 2 classes; expected one for each class");
  network = tiny_network();
  network.input = {3, 16, 16};
  CHECK(failure([&] { Trainer(network, quick(Regime::delta), train, test); }) ==
        "training clips: frames of 3x12x12 for a network that takes 3x16x16; expected as many channels, and frames at "
        "least as large");
}
