#include "sim/run.hpp"
#include "sim/validation/systolic_rows.hpp"
#include "tests/sim/cli_program.hpp"
#include "tests/support/data.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace deltasim;
using Json = nlohmann::ordered_json;

namespace {

const std::string configs = DELTASIM_SOURCE_DIR "/configs/";
const std::string example = configs + "runs/objects.json", shipped = configs + "runs/systolic.json";

Json report_of(const std::string& file, const std::vector<std::string>& overrides) {
  const test::TemporaryFolder folder;
  std::vector<std::string> arguments{"run", file, "-o", folder / "out"};
  for (const auto& o : overrides) arguments.insert(arguments.end(), {"--set", o});
  const test::Outcome outcome = test::program(arguments);
  CHECK(outcome.err == "");
  REQUIRE(outcome.code == 0);
  return Json::parse(folder.read("out/report.json"));
}

}  // namespace

TEST_CASE("systolic: ResNet-18 layer by layer equals the published formulas") {
  const auto rows = sim::systolic_rows();
  CHECK(rows.size() == 4 * (21 + 1));
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(row.got == row.expected);
  }
}

TEST_CASE("systolic: ResNet-18 has the totals that are published for 32 x 32") {
  const models::Network network = sim::resnet18_shapes();
  hw::SystolicParams array;
  const auto total = [&] {
    std::uint64_t cycles = 0, macs = 0;
    for (const auto& layer : hw::systolic_frame(network, array))
      for (const auto& work : layer) cycles += work.cycles, macs += work.layer.gemm.macs();
    CHECK(macs == 1771556u * 1024);  // ideal: 1.772 M cycles
    return static_cast<double>(cycles);
  };
  array.dataflow = hw::Dataflow::output_stationary;
  CHECK(total() == doctest::Approx(2.13e6).epsilon(0.003));
  array.dataflow = hw::Dataflow::weight_stationary;
  const double apart = total();
  array.fold_overlap = hw::FoldOverlap::weights_double_buffered;
  CHECK(total() < apart);
  CHECK(total() == doctest::Approx(1.772e6).epsilon(0.05));
}

TEST_CASE("systolic: a network without weights, input, hardware and energy gives cycles per layer") {
  const auto model = test::data_file("networks/zigzag_resnet18_noweights.onnx");
  if (!model) {
    MESSAGE("skipped: the shared data is not here");
    return;
  }
  const test::TemporaryFolder folder;
  const std::string run =
      folder.write("run.json", fmt::format(R"({{"network": "{}", "executions": ["systolic"]}})", *model));
  const Json report = report_of(run, {});
  const Json& systolic = report["executions"]["systolic"];
  std::vector<std::uint64_t> expected, got;
  for (const auto& row : sim::systolic_rows()) {
    if (row.what.find("weight stationary") == std::string::npos || row.what.find(": layers") != std::string::npos)
      continue;
    expected.push_back(row.got);
  }
  std::uint64_t sum = 0;
  for (const auto& layer : systolic["layers"]) {
    if (layer["gemm"]["m"] == 0) continue;
    got.push_back(layer["cycles"]);
    sum += got.back();
  }
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  CHECK(got == expected);
  CHECK(systolic["cycles"] == sum);
  CHECK(systolic["energy_pj"] == nullptr);
  CHECK(report["quality"] == nullptr);
  const Json again = report_of(folder.write("effective.json", report["config"].dump()), {});
  CHECK(again["executions"] == report["executions"]);
}

TEST_CASE("systolic: the shipped run, its energy adds up, frames are alike") {
  const Json one = report_of(shipped, {}), three = report_of(shipped, {"/frames=3"});
  const Json &a = one["executions"]["systolic"], &b = three["executions"]["systolic"];
  for (const char* key : {"macs", "cycles"}) CHECK(b[key].get<std::uint64_t>() == 3 * a[key].get<std::uint64_t>());
  CHECK(a["latency_cycles"] == b["latency_cycles"]);
  double sum = 0, layers = 0;
  for (const auto& part : a["energy_pj"]["by_component"]) sum += part.get<double>();
  for (const auto& layer : a["layers"]) layers += layer["energy_pj"].get<double>();
  const Json& parts = a["energy_pj"]["by_component"];
  CHECK(sum == doctest::Approx(a["energy_pj"]["total"].get<double>()));
  CHECK(layers + parts["leakage"].get<double>() + parts["idle_clock"].get<double>() == doctest::Approx(sum));
  CHECK(a["energy_pj"]["low"].get<double>() < a["energy_pj"]["total"].get<double>());
  const double dram_bits = 8.0 * a["dram_bytes"]["total"].get<double>();
  CHECK(parts["dram"].get<double>() == doctest::Approx(8.0 * dram_bits));
  CHECK(one["workload"]["layers"].size() == a["layers"].size());
}

TEST_CASE("systolic: beside the machine it has the machine's multipliers, SRAM and node unless told otherwise") {
  const Json report =
      report_of(example, {"/frames=2", R"(/executions=["dense","delta","systolic"])", "/systolic/ifmap_bytes=65536"});
  const Json& array = report["config"]["systolic"];
  CHECK(array["rows"] == 16);
  CHECK(array["columns"] == 16);
  CHECK(array["filter_bytes"] == 16 * 131072);
  CHECK(array["ifmap_bytes"] == 65536);
  CHECK(array["ofmap_bytes"] == 16 * 1572864 / 2);
  const Json &executions = report["executions"], &ratios = report["comparison"]["delta_vs_systolic"];
  CHECK(executions["systolic"]["macs"] == executions["dense"]["macs"]);
  CHECK(ratios["cycles"].get<double>() ==
        doctest::Approx(executions["systolic"]["cycles"].get<double>() / executions["delta"]["cycles"].get<double>()));
  CHECK(ratios["energy"].get<double>() == doctest::Approx(executions["systolic"]["energy_pj"]["total"].get<double>() /
                                                          executions["delta"]["energy_pj"]["total"].get<double>()));
  for (const auto& [file, rows, columns] :
       {std::tuple{"", 32u, 32u},
        {R"(/hardware={"core": {"lanes": 8}, "noc": {"columns": 8, "rows": 8}})", 16u, 32u},
        {R"(/hardware={"core": {"lanes": 17}, "noc": {"columns": 1, "rows": 1}})", 4u, 4u}}) {
    const auto config = sim::read_run(shipped, {"/systolic={}", *file == '\0' ? "/frames=1" : file});
    CHECK(config.systolic.rows == rows);
    CHECK(config.systolic.columns == columns);
  }
}

TEST_CASE("systolic: impossible arrays are named with place and range") {
  const auto refused = [](const std::string& override_text, const std::string& message) {
    test::check_refused({"run", shipped, "--set", override_text}, "--set " + override_text + ": " + message);
  };
  refused("/systolic/rows=0", "/systolic/rows: is 0; must be an integer from 1 to 65536");
  refused("/systolic/columns=-3", "/systolic/columns: is -3; must be an integer from 1 to 65536");
  refused("/systolic/dataflow=row",
          "/systolic/dataflow: is \"row\"; must be one of: weight_stationary, "
          "input_stationary, output_stationary");
  refused("/systolic/dram_gb_per_s=0", "/systolic/dram_gb_per_s: is 0; must be a number from 1e-06 to 1000000");
  refused("/systolic/element_pj=9",
          "/systolic/element_pj: is 9; must lie in its own range, 0.09 .. 0.21 (element_pj_low, element_pj_high)");
  test::check_refused({"run", shipped, "--set", R"(/executions=["systolic","delta"])"},
                      shipped + ": the key 'input' is missing; it has no default and must be given");
}
