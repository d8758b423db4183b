#include "sim/page/report_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace deltasim::sim {
namespace {

using models::InputError;

struct Need {
  const char* key;
  const char* type;  ///< as Json::type_name() says; "?": or null
};

constexpr Need of_report[] = {{"config", "object"},   {"workload", "object"},   {"hardware", "object"},
                              {"energy", "object"},   {"executions", "object"}, {"comparison", "object"},
                              {"sparsity", "object"}, {"quality", "object?"},   {"notes", "array"},
                              {"mapping", "object?"}, {"validation", "object?"}};
constexpr Need of_workload[] = {{"network", "object"}, {"input", "string"}, {"frames", "number"}, {"layers", "array"}};
constexpr Need of_workload_layer[] = {{"name", "string"},        {"kind", "string"},        {"neurons", "number"},
                                      {"weights", "number"},     {"macs_dense", "number"},  {"input_shape", "array"},
                                      {"output_shape", "array"}, {"memory_bytes", "object"}};
constexpr Need of_execution[] = {
    {"macs", "number"},    {"cycles", "number"},     {"latency_cycles", "number"}, {"frames_per_second", "number"},
    {"seconds", "number"}, {"energy_pj", "object?"}, {"layers", "array"}};
constexpr Need of_machine[] = {{"events", "number"}, {"cores", "array"}, {"links", "array"}};
constexpr Need of_layer[] = {{"name", "string"}, {"macs", "number"}, {"cycles", "number"}};
constexpr Need of_machine_layer[] = {
    {"events", "number"}, {"energy_pj", "number"}, {"element_density", "number"}, {"pixel_density", "number"}};
constexpr Need of_core[] = {{"core", "number"}, {"energy_pj", "number"}, {"cycles_by_cause", "object"}};
constexpr Need of_energy[] = {{"total", "number"}, {"low", "number"}, {"high", "number"}, {"by_component", "object"}};
constexpr Need of_tune[] = {{"objective", "string"},   {"metric", "string"},   {"max_loss", "number"},
                            {"calibration", "object"}, {"held_out", "object"}, {"layers", "array"},
                            {"saving", "object"},      {"curves", "object"}};
constexpr Need of_sweep[] = {{"points", "object"}, {"axes", "array"}};

std::string version_of(const Json& json) {
  const Json::json_pointer at("/tool/version");
  return json.contains(at) && json[at].is_string() ? json[at].get<std::string>() : "of unknown version";
}

class Checker {
 public:
  Checker(const Json& json, const std::string& file) : json_(json), file_(file) {}

  /// That deltasim wrote it, and that it is a `what` (told by `key`).
  void origin(const char* key, const std::string& what) const {
    const Json::json_pointer name("/tool/name");
    const bool ours = json_.is_object() && json_.contains(name) && json_[name] == "deltasim";
    if (!ours || !json_.contains(key))
      throw InputError(file_, "",
                       fmt::format("is not the {}.json of a deltasim {}", what, what == "report" ? "run" : what),
                       fmt::format("{}.json as 'deltasim {} -o DIR' writes it", what, what == "report" ? "run" : what));
  }

  template <std::size_t n>
  void object(const Json& json, const std::string& place, const Need (&needs)[n]) const {
    if (!json.is_object()) wrong(place, "object", json);
    for (const Need& need : needs) {
      const std::string at = place + "/" + need.key;
      if (!json.contains(need.key))
        throw InputError(file_, at, fmt::format("is missing (the file was written by deltasim {})", version_of(json_)),
                         fmt::format("a file of deltasim {}: run it again", DELTASIM_VERSION));
      const Json& value = json[need.key];
      const std::size_t length = std::strcspn(need.type, "?");
      const std::string type(need.type, length);
      if (value.type_name() != type && !(value.is_null() && need.type[length] == '?')) wrong(at, type, value);
    }
  }

  template <std::size_t n>
  void list(const Json& json, const std::string& place, const Need (&needs)[n]) const {
    for (std::size_t i = 0; i < json.size(); ++i) object(json[i], fmt::format("{}/{}", place, i), needs);
  }

 private:
  [[noreturn]] void wrong(const std::string& place, const std::string& type, const Json& value) const {
    throw InputError(file_, place, fmt::format("is {}, not {}", value.type_name(), type),
                     "the file as deltasim wrote it");
  }

  const Json& json_;
  const std::string& file_;
};

void check_execution(const Checker& checker, const Json& execution, const std::string& place, bool machine) {
  checker.object(execution, place, of_execution);
  if (execution["energy_pj"].is_object()) checker.object(execution["energy_pj"], place + "/energy_pj", of_energy);
  checker.list(execution["layers"], place + "/layers", of_layer);
  if (!machine) return;
  checker.object(execution, place, of_machine);
  checker.list(execution["layers"], place + "/layers", of_machine_layer);
  checker.list(execution["cores"], place + "/cores", of_core);
}

}  // namespace

void check_report(const Json& report, const std::string& file) {
  const Checker checker(report, file);
  checker.origin("executions", "report");
  checker.object(report, "", of_report);
  checker.object(report["workload"], "/workload", of_workload);
  checker.list(report["workload"]["layers"], "/workload/layers", of_workload_layer);
  if (report["executions"].empty()) throw InputError(file, "/executions", "is empty", "the file as deltasim wrote it");
  for (const auto& [name, execution] : report["executions"].items())
    check_execution(checker, execution, "/executions" + pointer_step(name), name != "systolic");
}

void check_tune(const Json& tune, const std::string& file) {
  const Checker checker(tune, file);
  checker.origin("curves", "tune");
  checker.object(tune, "", of_tune);
}

void check_sweep(const Json& sweep, const std::string& file) {
  const Checker checker(sweep, file);
  checker.origin("points", "sweep");
  checker.object(sweep, "", of_sweep);
  constexpr Need of_axis[] = {{"name", "string"}};
  checker.list(sweep["axes"], "/axes", of_axis);
}

void check_sweep_columns(const std::vector<std::string>& columns, const Json& sweep, const std::string& file) {
  std::vector<std::string> names{"id", "status", "report", "macs", "cycles", "energy_pj"};
  for (const Json& axis : sweep["axes"]) names.push_back(axis["name"]);
  for (const std::string& name : names)
    if (std::find(columns.begin(), columns.end(), name) == columns.end())
      throw InputError(file, "line 1", fmt::format("has no column '{}'", name),
                       "sweep.csv and sweep.json of one sweep of this version");
}

}  // namespace deltasim::sim
