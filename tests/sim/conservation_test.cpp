#include "tests/sim/check_run.hpp"
#include "tests/sim/cli_program.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

using namespace deltasim;
using Json = nlohmann::json;

namespace {

/// The shipped example through the real program, once for all tests of this file.
struct Shipped {
  Json report;
  std::vector<std::vector<std::string>> frames;  ///< frames.csv without its header

  Shipped() {
    const test::TemporaryFolder folder;
    const auto outcome = test::program(
        {"run", test::example, "-o", folder / "out", "--set", "/frames=4", "--set", "/delta/key_frame_period=3"});
    REQUIRE(outcome.err == "");
    REQUIRE(outcome.code == 0);
    report = Json::parse(folder.read("out/report.json"));
    std::istringstream csv(folder.read("out/frames.csv"));
    std::string line;
    std::getline(csv, line);
    REQUIRE(line == "execution,frame,layer,events,macs,macs_nonzero_weight,cycles,energy_pj");
    while (std::getline(csv, line)) {
      frames.emplace_back();
      std::istringstream cells(line);
      for (std::string cell; std::getline(cells, cell, ',');) frames.back().push_back(cell);
    }
  }
};

const Shipped& shipped() {
  static const Shipped run;
  return run;
}

const std::vector<std::string> executions{"dense", "spatial", "delta"};

const Json& execution(const std::string& name) { return shipped().report["executions"][name]; }

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-9); }

double sum(const Json& list, const char* key) {
  double total = 0;
  for (const auto& entry : list) total += entry[key].get<double>();
  return total;
}

std::uint64_t count(const Json& list, const std::string& activity) {
  std::uint64_t total = 0;
  for (const auto& entry : list) total += entry["counts"][activity].get<std::uint64_t>();
  return total;
}

/// A column of frames.csv for one execution, summed by layer.
std::map<std::string, double> by_layer(const std::string& execution, std::size_t column) {
  std::map<std::string, double> sums;
  for (const auto& row : shipped().frames)
    if (row.at(0) == execution) sums[row.at(2)] += std::stod(row.at(column));
  return sums;
}

}  // namespace

TEST_CASE("conservation: energy is the same by component, by layer and by core") {
  REQUIRE(shipped().report["executions"].size() == executions.size());
  for (const auto& name : executions) {
    CAPTURE(name);
    const Json& e = execution(name);
    const Json& energy = e["energy_pj"];
    double components = 0, low = 0, high = 0;
    for (const auto& [key, value] : energy["by_component"].items()) {
      components += value.get<double>();
      low += energy["range_by_component"][key][0].get<double>();
      high += energy["range_by_component"][key][1].get<double>();
    }
    const double total = energy["total"];
    CHECK(total > 0);
    CHECK(components == about(total));
    CHECK(low < energy["low"].get<double>());  // errors of different sources partly cancel
    CHECK(high > energy["high"].get<double>());
    CHECK(energy["low"].get<double>() < total);
    CHECK(energy["high"].get<double>() > total);
    const double standing =
        energy["by_component"]["leakage"].get<double>() + energy["by_component"]["idle_clock"].get<double>();
    CHECK(sum(e["layers"], "energy_pj") + e["input"]["energy_pj"].get<double>() + standing == about(total));
    CHECK(sum(e["cores"], "energy_pj") + e["ports"]["energy_pj"].get<double>() == about(total));
    CHECK(e["power_w"].get<double>() * e["seconds"].get<double>() * 1e12 == about(total));
  }
}

TEST_CASE("conservation: every activity is counted once by layer and once by core") {
  for (const auto& name : executions) {
    const Json& e = execution(name);
    for (const auto& entry : e["ports"]["counts"].items()) {
      const std::string& activity = entry.key();
      CAPTURE(name);
      CAPTURE(activity);
      CHECK(count(e["layers"], activity) + e["input"]["counts"][activity].get<std::uint64_t>() ==
            count(e["cores"], activity) + entry.value().get<std::uint64_t>());
    }
  }
}

TEST_CASE("conservation: every cycle of every core has one cause") {
  for (const auto& name : executions) {
    const Json& e = execution(name);
    REQUIRE(e["cores"].size() == 16);
    for (const auto& core : e["cores"]) {
      std::uint64_t cycles = 0;
      for (const auto& cause : core["cycles_by_cause"]) cycles += cause.get<std::uint64_t>();
      CHECK(cycles == e["cycles"]);
    }
  }
}

TEST_CASE("conservation: MACs and events of frames.csv, layers, cores and totals agree") {
  for (const auto& name : executions) {
    CAPTURE(name);
    const Json& e = execution(name);
    const auto events = by_layer(name, 3), macs = by_layer(name, 4), nonzero = by_layer(name, 5),
               cycles = by_layer(name, 6), energy = by_layer(name, 7);
    std::uint64_t all_events = 0, all_macs = 0, all_nonzero = 0;
    for (const auto& layer : e["layers"]) {
      const std::string key = layer["name"];
      CHECK(layer["counts"]["mac"] == layer["macs"]);
      if (macs.count(key) == 0) {
        CHECK(layer["macs"] == 0);  // pooling and additions
        continue;
      }
      CHECK(layer["events"] == events.at(key));
      CHECK(layer["macs"] == macs.at(key));
      CHECK(layer["macs_nonzero_weight"] == nonzero.at(key));
      CHECK(layer["cycles"] == cycles.at(key));
      CHECK(layer["energy_pj"].get<double>() == about(energy.at(key)));
      all_events += layer["events"].get<std::uint64_t>();
      all_macs += layer["macs"].get<std::uint64_t>();
      all_nonzero += layer["macs_nonzero_weight"].get<std::uint64_t>();
    }
    CHECK(e["events"] == all_events);
    CHECK(e["macs"] == all_macs);
    CHECK(e["macs_nonzero_weight"] == all_nonzero);
    CHECK(count(e["cores"], "mac") == all_macs);
  }
}

TEST_CASE("conservation: dense MACs are those of the network, and sparsity follows from the counts") {
  const Json& report = shipped().report;
  std::uint64_t dense = 0;
  for (const auto& layer : report["workload"]["layers"]) dense += layer["macs_dense"].get<std::uint64_t>();
  dense *= report["workload"]["frames"].get<std::uint64_t>();
  CHECK(report["executions"]["dense"]["macs"] == dense);
  for (const auto& name : executions) {
    const double macs = execution(name)["macs"];
    CHECK(report["sparsity"][name]["op_sparsity_mac"].get<double>() == about(1.0 - macs / static_cast<double>(dense)));
  }
  const auto& ratios = report["comparison"]["delta_vs_dense"];
  CHECK(ratios["macs"].get<double>() == about(static_cast<double>(dense) / execution("delta")["macs"].get<double>()));
  CHECK(ratios["energy"].get<double>() == about(execution("dense")["energy_pj"]["total"].get<double>() /
                                                execution("delta")["energy_pj"]["total"].get<double>()));
  CHECK(ratios["cycles"].get<double>() ==
        about(execution("dense")["cycles"].get<double>() / execution("delta")["cycles"].get<double>()));
}

TEST_CASE("conservation: queues are emptied, and flits on links are those that were sent") {
  for (const auto& name : executions) {
    CAPTURE(name);
    const Json& e = execution(name);
    const auto chip = [&](const char* activity) {
      return count(e["cores"], activity) + e["ports"]["counts"][activity].get<std::uint64_t>();
    };
    CHECK(chip("queue_write") == chip("queue_read"));
    std::uint64_t flits = 0;
    for (const auto& link : e["links"]) flits += link["flits"].get<std::uint64_t>();
    CHECK(chip("flit_hop") == flits);
  }
}

TEST_CASE("the same run twice gives the same bytes apart from host") {
  const test::TemporaryFolder folder;
  std::string reports[2], tables[2];
  for (int i = 0; i < 2; ++i) {
    const std::string out = folder / "out";  // the second run replaces the first
    const auto outcome = test::program({"run", test::example, "-o", out, "--set", "/frames=2"});
    REQUIRE(outcome.code == 0);
    reports[i] = folder.read("out/report.json");
    tables[i] = outcome.out + folder.read("out/frames.csv") + folder.read("out/outputs.npy");
    const auto host = reports[i].find("\n \"host\": {");
    REQUIRE(host != std::string::npos);
    reports[i].resize(host);
  }
  CHECK(reports[0] == reports[1]);
  CHECK(tables[0] == tables[1]);
}
