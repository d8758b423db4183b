#pragma once

#include "sim/run_config.hpp"
#include "tests/models/onnx_builder.hpp"
#include "tests/support/temporary_folder.hpp"

#include <random>
#include <string>

namespace deltasim::test {

/// Three layers that send (input, first, second) and one whose sums are the answer, on 16 x 16 pixels.
inline OnnxBuilder three_senders() {
  std::mt19937 random(5);
  const auto drawn = [&](std::size_t n) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<double>(random() % 201) / 100.0 - 0.8);
    return values;
  };
  OnnxBuilder onnx;
  onnx.input("frame", {1, 3, 16, 16});
  onnx.constant("w1", {4, 3, 3, 3}, drawn(108));
  onnx.constant("w2", {6, 4, 3, 3}, drawn(216));
  onnx.constant("w3", {5, 6, 1, 1}, drawn(30));
  onnx.node("Conv", {"frame", "w1"}, {"a"}, "first").list("pads", {1, 1, 1, 1});
  onnx.node("Relu", {"a"}, {"ar"}, "relu1");
  onnx.node("Conv", {"ar", "w2"}, {"b"}, "second").list("pads", {1, 1, 1, 1}).list("strides", {2, 2});
  onnx.node("Relu", {"b"}, {"br"}, "relu2");
  onnx.node("Conv", {"br", "w3"}, {"y"}, "answer");
  onnx.output("y");
  return onnx;
}

/// The text of a run file of that network, whose file is in `folder`.
inline std::string small_run(const TemporaryFolder& folder, const std::string& rule = "send_on_delta") {
  folder.write("small.onnx", three_senders().bytes());
  const std::string configs = DELTASIM_SOURCE_DIR "/configs/";
  return R"({"network": "small.onnx", "input": {"render": {"width": 16, "height": 16, "frames": 36, "seed": 3}}, )"
         R"("hardware": ")" +
         configs + R"(hw/edge16.json", "energy": ")" + configs + R"(energy/cmos.json", "delta": {"rule": ")" + rule +
         R"("}, "executions": ["dense", "delta"]})";
}

inline sim::RunConfig small_config(const TemporaryFolder& folder, const std::string& rule = "send_on_delta") {
  return sim::read_run_text(small_run(folder, rule), folder / "run.json", {});
}

}  // namespace deltasim::test
