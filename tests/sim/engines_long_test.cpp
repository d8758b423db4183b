#include "tests/sim/check_run.hpp"

#include "sim/report.hpp"

using namespace deltasim;
using namespace deltasim::test;

namespace {

/// Everything that the run found out, as the report says it: cycles, counts, energies, links.
std::string report_of(std::vector<std::string> overrides, const char* engine) {
  overrides.push_back(std::string("/engine=") + engine);
  const sim::Result result = run(overrides);
  sim::Json report = sim::report_json(result, sim::Json::object());
  report.erase("host");
  for (const auto& execution : result.executions) report["outputs"].push_back(execution.outputs);
  return report.dump();
}

void check_engines(const std::string& network, const std::string& input, const std::vector<std::string>& more) {
  const auto overrides = shared(network, input, more);
  if (!overrides) return;
  const std::string wheel = report_of(*overrides, "wheel");
  CHECK(wheel.size() > 10000);
  CHECK(wheel == report_of(*overrides, "systemc"));
}

}  // namespace

TEST_CASE("both engines agree to the cycle: vww96") {
  check_engines("networks/vww96_int8_qdq.onnx", "golden/int8/vww96_frames.npy", {"/frames=3"});
}

TEST_CASE("both engines agree to the cycle: resnet8") {
  check_engines("networks/resnet8_int8_qdq.onnx", "golden/int8/resnet8_frames.npy", {"/frames=3"});
}

TEST_CASE("both engines agree to the cycle: UltraFace") {
  check_engines("networks/ultraface_version-RFB-320_simplified.onnx", "videos/v_SoccerJuggling_g24_c01.avi",
                {"/frames=2", "/executions=[\"delta\"]", "/hardware=" DELTASIM_SOURCE_DIR "/configs/hw/edge16.json",
                 "/hardware/core/state_memory/size_bytes=4194304"});
}
