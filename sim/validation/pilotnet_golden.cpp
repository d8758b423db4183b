#include "models/graph.hpp"
#include "models/reference.hpp"
#include "sim/validation/published_networks.hpp"
#include "traces/npy.hpp"

#include <filesystem>

namespace deltasim::sim {
namespace {

constexpr std::uint64_t steps = 9;

/// An array in Lava's order: width, height, channel, step.
class LavaArray {
 public:
  explicit LavaArray(const std::string& path) : reader_(path) {
    std::vector<double> row;
    for (std::uint64_t i = 0; i < reader_.rows(); ++i) {
      reader_.read_row(i, row);
      values_.insert(values_.end(), row.begin(), row.end());
    }
  }
  double operator()(std::uint64_t c, std::uint64_t y, std::uint64_t x, std::uint64_t t) const {
    const auto& d = reader_.header().dims;
    return values_[((x * d[1] + y) * d[2] + c) * d[3] + t];
  }
  double flat(std::size_t i) const { return values_[i]; }

 private:
  traces::NpyReader reader_;
  std::vector<double> values_;
};

/// The same picture in every step.
class StillFrames final : public models::FrameSource {
 public:
  StillFrames(const LavaArray& picture, models::Shape shape) : shape_(shape) {
    for (std::uint32_t c = 0; c < shape.channels; ++c)
      for (std::uint32_t y = 0; y < shape.height; ++y)
        for (std::uint32_t x = 0; x < shape.width; ++x) pixels_.push_back(static_cast<float>(picture(c, y, x, 0)));
  }
  bool next(models::Frame& out) override {
    if (at_ == steps) return false;
    ++at_;
    out.values = pixels_;
    return true;
  }
  void rewind() override { at_ = 0; }
  models::Shape shape() const override { return shape_; }
  double frame_rate() const override { return 1.0; }

 private:
  models::Shape shape_;
  std::vector<float> pixels_;
  std::uint64_t at_ = 0;
};

/// Values that are equal, of all that were compared.
struct Agreement {
  std::uint64_t equal = 0, all = 0;
  void add(bool is_equal) {
    equal += is_equal ? 1 : 0;
    ++all;
  }
};

struct Agreements {
  Agreement messages, sums, outputs;
};

void compare_map(Agreement& agreement, const LavaArray& expected, const models::Shape& shape, std::uint64_t step,
                 const std::vector<double>& values) {
  std::size_t i = 0;
  for (std::uint32_t c = 0; c < shape.channels; ++c)
    for (std::uint32_t y = 0; y < shape.height; ++y)
      for (std::uint32_t x = 0; x < shape.width; ++x) agreement.add(values[i++] == expected(c, y, x, step));
}

/// Events as a map in order channel, y, x.
std::vector<double> as_map(const std::vector<models::DeltaEvent>& events, const models::Shape& shape) {
  std::vector<double> map(shape.size());
  for (const auto& e : events) map[(std::size_t{e.channel} * shape.height + e.y) * shape.width + e.x] = e.value;
  return map;
}

std::vector<double> sums_without_bias(const models::ReferenceNetwork& reference, const models::Layer& layer) {
  const std::vector<std::int32_t> sums = reference.accumulators(1, 0);
  std::vector<double> values;
  for (std::size_t i = 0; i < sums.size(); ++i)
    values.push_back(sums[i] - layer.branches[0].bias[i / layer.output.pixels()]);
  return values;
}

Agreements run(const std::string& folder) {
  const auto array = [&](const char* name) { return LavaArray(folder + "/" + name); };
  const models::Network network = models::import_netx(folder + "/network.net");
  const LavaArray messages = array("act0.npy"), sums = array("sigma1.npy"), outputs = array("output.npy");
  StillFrames frames(array("input.npy"), network.layers[0].output);
  models::RuleSet rules;
  rules.rule = models::Rule::sigma_delta;
  rules.layer_delay = true;
  models::ReferenceNetwork reference(network, rules, frames);
  models::FrameEvents events;
  Agreements found;
  for (std::uint64_t t = 0; t < steps && reference.next(events); ++t) {
    const models::Shape& input = network.layers[0].output;
    compare_map(found.messages, messages, input, t, as_map(events.of_layer[0], input));
    compare_map(found.sums, sums, network.layers[1].output, t, sums_without_bias(reference, network.layers[1]));
    found.outputs.add(events.outputs.size() == 1 && static_cast<double>(events.outputs[0]) == outputs.flat(t));
  }
  return found;
}

}  // namespace

std::vector<Comparison> pilotnet_golden(const std::string& data) {
  constexpr const char* source = "golden vectors of lava-dl's PilotNet sigma-delta network (BSD-3-Clause), 9 steps";
  const std::string folder = data + "/golden/pilotnet_sdnn";
  const bool at_hand = !data.empty() && std::filesystem::exists(folder);
  const Agreements found = at_hand ? run(folder) : Agreements();
  std::vector<Comparison> rows;
  const auto row = [&](const char* what, const Agreement& a) {
    Comparison c{what, "PN-gold", source, "values", {}, double(a.equal), 0.0};
    if (at_hand) c.expected = double(a.all);
    rows.push_back(c);
  };
  row("PilotNet, messages of the input layer", found.messages);
  row("PilotNet, sums of the first layer", found.sums);
  row("PilotNet, output of every step", found.outputs);
  return rows;
}

}  // namespace deltasim::sim
