#include "sim/judge.hpp"

#include "models/reference.hpp"

#include <algorithm>

namespace deltasim::sim {
namespace {

/// Counts right answers of the first output that decides once per frame.
class Accuracy {
 public:
  void add(const std::vector<models::Output>& outputs, const std::vector<double>& values, std::uint32_t label) {
    std::size_t at = 0;
    for (const auto& output : outputs) {
      const auto answer = decisions(output, values.data() + at);
      if (answer.size() == 1) {
        right_ += answer[0] == label;
        ++frames_;
        return;
      }
      std::size_t size = 1;
      for (const auto d : output.dims) size *= d;
      at += size;
    }
  }
  std::optional<double> value() const {
    if (frames_ == 0) return std::nullopt;
    return static_cast<double>(right_) / static_cast<double>(frames_);
  }

 private:
  std::uint64_t right_ = 0, frames_ = 0;
};

}  // namespace

FrameOutputs dense_outputs(const models::Network& network, const models::RuleSet& rules, models::FrameSource& frames,
                           const FrameProgress& progress) {
  frames.rewind();
  models::ReferenceNetwork reference(network, rules, frames);
  FrameOutputs outputs;
  models::FrameEvents events;
  while (reference.next(events)) {
    outputs.push_back(events.outputs);
    if (progress) progress(outputs.size());
  }
  return outputs;
}

Answers collect_answers(const models::Graph* graph, models::FrameSource& frames, std::uint64_t count,
                        const FrameProgress& progress) {
  std::optional<models::FloatNetwork> network;
  if (graph != nullptr) network.emplace(*graph);
  frames.rewind();
  Answers answers;
  models::Frame frame;
  for (std::uint64_t f = 0; f < count && frames.next(frame); ++f) {
    answers.labels.push_back(frame.label);
    if (network) answers.outputs.push_back(network->run(frame.values));
    if (progress) progress(f + 1);
  }
  return answers;
}

Distance distance(const Evidence& judged, const Evidence& dense) {
  const OutputScaler judged_scale(*judged.network), dense_scale(*dense.network);
  DistanceMeter meter(judged.network->outputs);
  const std::size_t n = std::min(judged.outputs->size(), dense.outputs->size());
  for (std::size_t f = 0; f < n; ++f)
    meter.add(judged_scale.real((*judged.outputs)[f]), dense_scale.real((*dense.outputs)[f]));
  return meter.result();
}

Quality judge(const std::string& execution, const Evidence& judged, const Evidence& dense, const Answers& answers) {
  const auto& outputs = judged.network->outputs;
  const OutputScaler judged_scale(*judged.network), dense_scale(*dense.network);
  DistanceMeter to_dense(outputs), to_float(outputs);
  Accuracy accuracy, accuracy_dense, accuracy_float;
  const std::size_t n = std::min({judged.outputs->size(), dense.outputs->size(), answers.labels.size()});
  for (std::size_t f = 0; f < n; ++f) {
    const auto ours = judged_scale.real((*judged.outputs)[f]);
    const auto truth = dense_scale.real((*dense.outputs)[f]);
    const auto label = answers.labels[f];
    to_dense.add(ours, truth);
    if (label) accuracy.add(outputs, ours, *label), accuracy_dense.add(outputs, truth, *label);
    if (answers.outputs.empty()) continue;
    const std::vector<double> floats(answers.outputs[f].begin(), answers.outputs[f].end());
    to_float.add(ours, floats);
    if (label) accuracy_float.add(outputs, floats, *label);
  }
  Quality q;
  q.execution = execution;
  q.to_dense = to_dense.result();
  if (!answers.outputs.empty()) q.to_float = to_float.result();
  q.accuracy = accuracy.value();
  q.accuracy_dense = accuracy_dense.value();
  q.accuracy_float = accuracy_float.value();
  return q;
}

}  // namespace deltasim::sim
