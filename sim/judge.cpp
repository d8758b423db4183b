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

std::vector<std::vector<std::int64_t>> dense_outputs(const models::Network& network, const models::RuleSet& rules,
                                                     models::FrameSource& frames, const FrameProgress& progress) {
  frames.rewind();
  models::ReferenceNetwork reference(network, rules, frames);
  std::vector<std::vector<std::int64_t>> outputs;
  models::FrameEvents events;
  while (reference.next(events)) {
    outputs.push_back(events.outputs);
    if (progress) progress(outputs.size());
  }
  return outputs;
}

Distance distance(const Evidence& judged, const Evidence& dense) {
  const OutputScaler judged_scale(*judged.network), dense_scale(*dense.network);
  DistanceMeter meter(judged.network->outputs);
  const std::size_t n = std::min(judged.outputs->size(), dense.outputs->size());
  for (std::size_t f = 0; f < n; ++f)
    meter.add(judged_scale.real((*judged.outputs)[f]), dense_scale.real((*dense.outputs)[f]));
  return meter.result();
}

Quality judge(const std::string& execution, const Evidence& judged, const Evidence& dense, const models::Graph* graph,
              models::FrameSource& frames, const FrameProgress& progress) {
  const auto& outputs = judged.network->outputs;
  const OutputScaler judged_scale(*judged.network), dense_scale(*dense.network);
  DistanceMeter to_dense(outputs), to_float(outputs);
  Accuracy accuracy, accuracy_dense, accuracy_float;
  std::optional<models::FloatNetwork> network;
  if (graph != nullptr) network.emplace(*graph);

  frames.rewind();
  models::Frame frame;
  const std::size_t n = std::min(judged.outputs->size(), dense.outputs->size());
  for (std::size_t f = 0; f < n && frames.next(frame); ++f) {
    const auto ours = judged_scale.real((*judged.outputs)[f]);
    const auto truth = dense_scale.real((*dense.outputs)[f]);
    to_dense.add(ours, truth);
    if (frame.label) accuracy.add(outputs, ours, *frame.label), accuracy_dense.add(outputs, truth, *frame.label);
    if (network) {
      const auto& real = network->run(frame.values);
      const std::vector<double> floats(real.begin(), real.end());
      to_float.add(ours, floats);
      if (frame.label) accuracy_float.add(outputs, floats, *frame.label);
    }
    if (progress) progress(f + 1);
  }
  Quality q;
  q.execution = execution;
  q.to_dense = to_dense.result();
  if (network) q.to_float = to_float.result();
  q.accuracy = accuracy.value();
  q.accuracy_dense = accuracy_dense.value();
  q.accuracy_float = accuracy_float.value();
  return q;
}

}  // namespace deltasim::sim
