#include "sim/training/trajectory.hpp"

#include "sim/page/page.hpp"
#include "sim/version.hpp"

namespace deltasim::sim {

extern const std::string_view training_page_before_data, training_page_after_data;  // generated from page/

namespace {

using models::training::EpochRecord;
using models::training::Evaluation;
using models::training::LayerActivity;

Json record_json(const EpochRecord& r, const std::vector<std::string>& classes) {
  return {{"epoch", r.epoch},       {"seconds", r.seconds},
          {"loss", r.loss},         {"task_loss", r.task_loss},
          {"penalty", r.penalty},   {"learning_rate", r.learning_rate},
          {"accuracy", r.accuracy}, {"test", r.test ? evaluation_json(*r.test, classes) : Json()}};
}

}  // namespace

Json evaluation_json(const Evaluation& e, const std::vector<std::string>& classes) {
  Json json{{"accuracy", e.accuracy},
            {"frame_accuracy", e.frame_accuracy},
            {"clips", e.clips},
            {"macs_nonzero", e.macs_nonzero},
            {"macs_changed", e.macs_changed},
            {"sparsity_nonzero", e.sparsity_nonzero},
            {"sparsity_changed", e.sparsity_changed},
            {"class_accuracy", Json::object()},
            {"layers", Json::array()}};
  for (std::size_t c = 0; c < classes.size() && c < e.class_accuracy.size(); ++c)
    json["class_accuracy"][classes[c]] = e.class_accuracy[c];
  for (const LayerActivity& layer : e.layers)
    json["layers"].push_back({{"name", layer.name}, {"nonzero", layer.nonzero}, {"changed", layer.changed}});
  return json;
}

std::string training_page(const Json& data) {
  return page_text(data, training_page_before_data, training_page_after_data);
}

std::string trajectory_page(const Json& config, const std::vector<EpochRecord>& records, const std::string& name) {
  Json data{{"kind", "training"},
            {"name", name},
            {"tool", {{"name", "deltasim-train"}, {"version", version}}},
            {"config", config},
            {"epochs", Json::array()}};
  for (const EpochRecord& r : records) data["epochs"].push_back(record_json(r, {}));
  return training_page(data);
}

}  // namespace deltasim::sim
