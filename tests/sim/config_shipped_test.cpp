#include "sim/energy.hpp"
#include "sim/file_kind.hpp"
#include "sim/run_config.hpp"
#include "sim/schema.hpp"
#include "sim/sweep/sweep.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

using namespace deltasim;
namespace fs = std::filesystem;

namespace {

const fs::path configs = fs::path(DELTASIM_SOURCE_DIR) / "configs";

std::vector<std::string> shipped(const char* folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(configs / folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  return files;
}

nlohmann::json plain(const std::string& text) { return nlohmann::json::parse(text); }

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool valid(const nlohmann::json& schema_json, const nlohmann::json& json) {
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  return valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(json), nullptr);
}

}  // namespace

TEST_CASE("every shipped configuration loads") {
  std::size_t checked = 0;
  for (const char* folder : {"runs", "sweeps", "hw", "energy", "networks"})
    for (const std::string& file : shipped(folder)) {
      CAPTURE(file);
      ++checked;
      const auto kind = sim::kind_of_file(file);
      if (kind == sim::FileKind::run) {
        const auto run = sim::read_run(file, {});
        if (run.needs_machine()) CHECK_NOTHROW(sim::EnergyModel(run.energy.table, run.energy.file, run.hardware));
      } else if (kind == sim::FileKind::sweep) {
        CHECK_NOTHROW(sim::Sweep(file).run_of(0));
      } else if (kind == sim::FileKind::hw) {
        CHECK_NOTHROW(sim::read_hardware(file));
      } else if (kind == sim::FileKind::systolic) {
        CHECK_NOTHROW(sim::read_systolic(file));
      } else if (kind == sim::FileKind::network) {
        CHECK_NOTHROW(sim::read_network(file));
      } else {
        CHECK_NOTHROW(sim::EnergyModel(sim::read_with_base(file).json(), file, hw::ChipParams{}));
      }
    }
  CHECK(checked >= 6);
}

TEST_CASE("the shipped schemas are what the descriptions generate (deltasim config keys KIND --schema)") {
  for (const std::string& kind : sim::schema_kinds()) {
    CAPTURE(kind);
    CHECK(text_of((configs / "schemas" / (kind + ".json")).string()) == sim::schema_of(kind).dump(2) + "\n");
  }
}

TEST_CASE("the shipped configurations satisfy the schemas") {
  for (const char* folder : {"runs", "sweeps", "hw", "networks"})
    for (const std::string& file : shipped(folder)) {
      CAPTURE(file);
      const std::string kind = sim::name_of(sim::kind_of_file(file));
      const auto schema = plain(text_of((configs / "schemas" / (kind + ".json")).string()));
      CHECK(valid(schema, plain(text_of(file))));
    }
}

TEST_CASE("the schemas refuse what the reader refuses") {
  const auto schema = plain(sim::schema_of("hw").dump());
  CHECK(valid(schema, plain(R"({"core": {"lanes": 4096}})")));
  CHECK_FALSE(valid(schema, plain(R"({"core": {"lanes": 4097}})")));
  CHECK_FALSE(valid(schema, plain(R"({"core": {"lanes": -4}})")));
  CHECK_FALSE(valid(schema, plain(R"({"core": {"lanes": 1.9}})")));
  CHECK_FALSE(valid(schema, plain(R"({"core": {"lanes": true}})")));
  CHECK_FALSE(valid(schema, plain(R"({"core": {"lane": 4}})")));
  CHECK_FALSE(valid(schema, plain(R"({"core": {"evaluate": "some"}})")));
  const auto run = plain(sim::schema_of("run").dump());
  CHECK(
      valid(run, plain(R"({"network": "a.onnx", "input": {"path": "b", "crop": [1, 2, 3, 4]}, "energy": "e.json"})")));
  CHECK_FALSE(valid(run, plain(R"({"network": "a.onnx", "energy": "e.json"})")));
  CHECK(valid(run, plain(R"({"network": "a.onnx", "executions": ["systolic"]})")));
  CHECK_FALSE(valid(run, plain(R"({"network": "a.onnx", "executions": ["dense", "systolic"]})")));
  CHECK_FALSE(valid(run, plain(R"({"network": "a.onnx", "input": {"path": "b", "crop": "all"}, "energy": "e.json"})")));
}

TEST_CASE("the table of keys fits 100 columns and names every key once") {
  for (const std::string& kind : sim::schema_kinds()) {
    const std::string table = sim::key_table(sim::schema_of(kind));
    std::istringstream lines(table);
    std::vector<std::string> pointers;
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 100);
      if (line[0] == '/') pointers.push_back(line);
    }
    const auto count = pointers.size();
    std::sort(pointers.begin(), pointers.end());
    pointers.erase(std::unique(pointers.begin(), pointers.end()), pointers.end());
    CHECK(pointers.size() == count);
  }
  const std::string run = sim::key_table(sim::schema_of("run"));
  CHECK(run.find("/hardware/core/lanes\n    integer 1 .. 4096; default 16\n      multiply-accumulates in a cycle\n") !=
        std::string::npos);
  CHECK(run.find("/delta/layers/<name>/threshold\n") != std::string::npos);
  CHECK(run.find("/mapping/<n>/layer\n    text; required\n") != std::string::npos);
}

TEST_CASE("the kind of a file is told by its keys, else by its folder, else asked for") {
  const test::TemporaryFolder folder;
  CHECK(sim::kind_of_file(folder.write("a.json", R"({"core": {}})")) == sim::FileKind::hw);
  CHECK(sim::kind_of_file(folder.write("b.json", R"({"base": "a.json"})")) == sim::FileKind::hw);
  CHECK(sim::kind_of_file(folder.write("hw/c.json", "{}")) == sim::FileKind::hw);
  const std::string file = folder.write("d.json", "{}");
  CHECK_THROWS_WITH_AS(
      sim::kind_of_file(file),
      (file + ": is neither a run, hardware, energy nor network file; a run file has the keys network, "
              "input, energy; a hardware file core, noc; an energy table operations; a network "
              "description model")
          .c_str(),
      models::InputError);
}
