#include "tests/sim/check_run.hpp"

using namespace deltasim::test;

TEST_CASE("the machine equals the reference: SqueezeNet (max pool, concat), under pressure") {
  if (const auto o = shared("networks/SqueezeNet_fp16.onnx", "videos/v_SoccerJuggling_g24_c01.avi",
                            {"/frames=2", "/executions=[\"delta\"]"}))
    check_under_pressure(*o);
}
