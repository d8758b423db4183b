#include "tests/sim/check_run.hpp"

using namespace deltasim::test;

TEST_CASE("the machine equals the reference: default example, under pressure") { check_under_pressure({"/frames=2"}); }

TEST_CASE("the machine equals the reference: every rule, key frames and thresholds on the default example") {
  for (const char* rule : {"delta", "send_on_delta", "previous_frame", "pixel", "sigma_delta"})
    for (const char* threshold : {"1", "3"}) {
      const auto result = run({"/frames=4", "/executions=[\"delta\"]", "/delta/key_frame_period=3",
                               std::string("/delta/rule=") + rule, std::string("/delta/threshold=") + threshold});
      CHECK(result.executions[0].checked_values > 0);
    }
}

TEST_CASE("the machine equals the reference: resnet8 (residuals), under pressure") {
  if (const auto o = shared("networks/resnet8_int8_qdq.onnx", "golden/int8/resnet8_frames.npy",
                            {"/frames=2", "/delta/rule=send_on_delta", "/delta/threshold=2"}))
    check_under_pressure(*o);
}

TEST_CASE("the machine equals the reference: PilotNet (sigma-delta), under pressure") {
  if (const auto o = shared("golden/pilotnet_sdnn/network.net", "golden/pilotnet_sdnn/driving_frames.npy",
                            {"/frames=2", "/delta={\"rule\": \"sigma_delta\"}", "/executions=[\"delta\"]"}))
    check_under_pressure(*o);
}

TEST_CASE("the machine equals the reference: vww96 (depthwise), under pressure") {
  if (const auto o = shared("networks/vww96_int8_qdq.onnx", "golden/int8/vww96_frames.npy", {"/frames=2"}))
    check_under_pressure(*o);
}

TEST_CASE("with layer_delay the truth is delayed, too, whether dense is part of the run or not") {
  for (const char* executions : {"[\"delta\"]", "[\"dense\", \"delta\"]"}) {
    const auto result =
        run({"/frames=12", "/layer_delay=true", "/delta/threshold=1", std::string("/executions=") + executions});
    REQUIRE(result.quality.to_dense);
    CHECK(result.quality.to_dense->relative_l2 == 0.0);
    CHECK_FALSE(result.quality.to_float);  // the float network answers the frame itself, not one on its way
  }
}

TEST_CASE("a fused branch's name stands for its layer, two rules for one layer are refused") {
  const auto by_name = [](const std::string& layers) {
    return run({"/frames=3", "/executions=[\"delta\"]", "/delta/rule=send_on_delta", "/delta/threshold=0",
                "/delta/layers=" + layers});
  };
  const auto layer = by_name("{\"residual_b\": {\"threshold\": 9}}");
  const auto branch = by_name("{\"residual_add\": {\"threshold\": 9}}");
  const auto neither = by_name("{}");
  CHECK(layer.executions[0].outputs == branch.executions[0].outputs);
  CHECK(layer.executions[0].macs == branch.executions[0].macs);
  CHECK(layer.executions[0].macs != neither.executions[0].macs);
  CHECK_THROWS_WITH(by_name("{\"residual_add\": {\"threshold\": 9}, \"residual_b\": {\"threshold\": 8}}"),
                    doctest::Contains("'residual_add' and 'residual_b' are one layer with two rules"));
}
