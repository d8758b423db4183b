#include "models/error.hpp"
#include "sim/energy.hpp"
#include "sim/run_config.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

/// What a run file may name: everything beside it is small and the fuzzer's own.
struct Surroundings {
  deltasim::test::TemporaryFolder folder;
  std::string run = folder / "run.json";
  Surroundings() {
    for (const char* name : {"net.onnx", "net.net", "clip.avi", "trace.h5", "labels.csv"}) folder.write(name, "");
    folder.write("net.json", R"({"model": "net.onnx", "input": {"mean": [1, 2]}})");
    folder.write("hw.json", R"({"base": "base.json", "noc": {"columns": 2}})");
    folder.write("base.json", R"({"core": {"lanes": 4}, "noc": {"rows": 3}})");
    folder.write("circle.json", R"({"base": "circle.json"})");
    folder.write("energy.json", R"({"name": "no table"})");
  }
};

/// The text of a run file, then, each behind a zero byte, what --set says.
std::vector<std::string> split(const std::string& bytes) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= bytes.size();) {
    const std::size_t end = std::min(bytes.find('\0', begin), bytes.size());
    parts.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

/// Any bytes are a run file or an InputError. What a run file means, written out, is the same run again; its energy
/// table applies to its chip or is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deltasim;
  static const Surroundings around;
  std::vector<std::string> overrides = split(std::string(reinterpret_cast<const char*>(data), size));
  const std::string text = overrides.front();
  overrides.erase(overrides.begin());
  try {
    const sim::RunConfig config = sim::read_run_text(text, around.run, overrides);
    const sim::Json written = sim::effective(config);
    const sim::RunConfig again = sim::read_run_text(written.dump(), around.run, {});
    sim::Json rewritten = sim::effective(again);
    rewritten["files"] = written["files"];  // where the parts came from is not a part of the run
    if (rewritten != written) __builtin_trap();
    sim::EnergyModel(config.energy.table, config.energy.file, config.hardware);
  } catch (const models::InputError&) {
  }
  return 0;
}
