#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "sim/json_text.hpp"
#include "sim/run_config.hpp"
#include "tests/models/onnx_builder.hpp"
#include "tests/traces/stream_samples.hpp"

#include <filesystem>
#include <fstream>
#include <set>

/// fuzz_seeds FOLDER: writes FOLDER/{onnx,stream,run_file}, the fuzzers' seeds, and FOLDER/run_file.dict.
namespace {

using namespace deltasim;
namespace fs = std::filesystem;
using sim::Json;

const fs::path configs = fs::path(DELTASIM_SOURCE_DIR) / "configs";

void save(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

/// Every network that the tests of the import build is a seed: between them they have every feature and refusal.
void write_onnx(const fs::path& folder) {
  test::OnnxBuilder::keep_in(folder);
  doctest::Context tests;
  tests.setOption("minimal", true);
  tests.run();
}

void write_stream(const fs::path& file, const traces::StreamInfo& info, std::uint64_t frames, double density) {
  traces::StreamWriter writer(file, info);
  for (std::uint64_t t = 0; t < frames; ++t)
    writer.append(test::sample_frame(info, t, density), static_cast<std::uint32_t>(t));
  writer.finish();
}

void write_streams(const fs::path& folder) {
  auto info = test::sample_info();
  write_stream(folder / "sample.h5", info, 4, 0.01);
  info.layers.resize(1);
  info.rules.layers.clear();
  info.outputs = 0;
  write_stream(folder / "one_layer.h5", info, 2, 0.02);
  write_stream(folder / "no_frames.h5", info, 0, 0.0);
  info.rules.payload_bits = 4;
  info.outputs = 1;
  info.layers[0].absolute = true;
  write_stream(folder / "values.h5", info, 3, 0.001);
}

/// Complete runs, with the files beside the fuzzer's run file in the place of the shipped ones.
void write_runs(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(configs / "runs")) {
    const auto config = sim::read_run(entry.path(), {});
    Json run = sim::effective(config);
    run["network"]["model"] = "net.onnx";
    save(folder / entry.path().filename(), run.dump());
    run["energy"] = "energy.json";
    run["hardware"] = "hw.json";
    save(folder / ("chip_" + entry.path().filename().string()), run.dump(1));
  }
  const std::string by_name =
      R"("network": "net.json", "input": "clip.avi", "hardware": "hw.json", "energy": "energy.json")";
  save(folder / "names.json", "{" + by_name + "}");
  save(folder / "base.json", R"({"base": "hw.json", "hardware": {"base": "circle.json"}})");
  save(folder / "rules.json", "{" + by_name + R"(, "delta": {"rule": "send_on_delta", "threshold": {"conv": [1, 2.5]},
       "layers": {"conv": {"mode": "normal", "threshold": 4}}, "key_frame_period": 7}, "layer_delay": false,
       "mapping": [{"layer": "conv", "core": 3, "rows": [0, 4], "channels": {"begin": 0, "end": 8}}],
       "executions": ["dense", "delta"], "stalls": {"probability": 0.25}, "frames": null})");
  save(folder / "set.json", "{" + by_name + "}" + std::string(1, '\0') + "/hardware/core/lanes=64" +
                                std::string(1, '\0') + "/network=net.net" + std::string(1, '\0') +
                                R"(/input={"render": {"seed": 3}, "crop": [1, 2, 30, 40], "mean": [1, 2, 3]})");
}

/// Keys and names of values.
void collect_words(const Json& json, std::set<std::string>& words) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) words.insert(key);
    if (value.is_structured()) collect_words(value, words);
    if (value.is_string() && value.get<std::string>().size() < 24) words.insert(value.get<std::string>());
  }
}

void write_dictionary(const fs::path& file) {
  std::set<std::string> words{"base", "circle.json", "net.net", "trace.h5", "1e308", "-1", "18446744073709551615"};
  for (const char* source : {"schemas/run.json", "energy/seneca.json"})
    collect_words(sim::parse_json(sim::read_text(configs / source), source), words);
  std::string text;
  for (const std::string& word : words)
    if (!word.empty() && word.find_first_of("\\\"") == std::string::npos)
      text += '"' + word + "\"\n\"\\\"" + word + "\\\":\"\n";
  save(file, text);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const fs::path folder = arguments[1];
  for (const char* part : {"onnx", "stream", "run_file"}) fs::create_directories(folder / part);
  write_onnx(folder / "onnx");
  write_streams(folder / "stream");
  write_runs(folder / "run_file");
  write_dictionary(folder / "run_file.dict");
}
