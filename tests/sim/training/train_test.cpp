#include "tests/sim/training/train_program.hpp"

#include "sim/run_config.hpp"
#include "sim/training/training_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>

using namespace deltasim;
using namespace deltasim::test;
using sim::Json;

namespace {

struct Training {
  TemporaryFolder folder;
  std::string file = folder.write("tiny.json", tiny_training().dump());
  std::string out = folder / "out";

  Outcome train(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"train", file, "-o", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return program(arguments);
  }
  Json json(const std::string& name) const { return Json::parse(folder.read("out/" + name)); }
};

/// The tiny training with one option changed.
std::string with(const TemporaryFolder& folder, const char* name, const char* option, const Json& value) {
  Json training = tiny_training();
  training["training"][option] = value;
  return folder.write(name, training.dump());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t columns(const std::string& line) {
  std::size_t n = 0;
  for (const char c : line) n += (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;  // not inside a UTF-8 character
  return n;
}

bool has_ended(pid_t child) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == child;
}

}  // namespace

TEST_CASE("a training writes its files, and says each epoch in a line") {
  const Training t;
  const Outcome outcome = t.train();
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  for (const char* name : {"network.onnx", "float.onnx", "checkpoint", "log.csv", "training.json", "trajectory.html"})
    CHECK(std::filesystem::file_size(t.out + "/" + name) > 0);
  const auto printed = lines_of(outcome.out);
  CHECK(contains(printed[1], "1/2"));
  CHECK(contains(printed[2], "2/2"));
  for (const std::string& line : printed)
    if (!contains(line, t.out)) CHECK(columns(line) <= 100);
  const Json state = t.json("training.json");
  CHECK(state["finished"] == true);
  CHECK(state["config"]["training"]["epochs"] == 2);
  CHECK(state["config"]["training"]["batch"] == 16);
  CHECK(state["result"]["evaluation"]["clips"] == 16);
  CHECK(state["result"]["evaluation"]["layers"].size() == 3);
  const auto log = lines_of(t.folder.read("out/log.csv"));
  REQUIRE(log.size() == 3);
  CHECK(log[0] ==
        "epoch,seconds,learning_rate,loss,task_loss,penalty,accuracy,test_accuracy,test_frame_accuracy,macs_nonzero,"
        "macs_changed,sparsity_nonzero,sparsity_changed,nonzero:input,changed:input,nonzero:conv,changed:conv,"
        "nonzero:pool,changed:pool");
  CHECK(contains(t.folder.read("out/trajectory.html"), "\"kind\":\"training\""));
}

TEST_CASE("a training that was interrupted and resumed ends as an undisturbed one") {
  Training undisturbed, disturbed;
  Json file = tiny_training();
  file["training"]["epochs"] = 6;
  undisturbed.folder.write("tiny.json", file.dump());
  disturbed.folder.write("tiny.json", file.dump());
  REQUIRE(undisturbed.train().code == 0);

  const TemporaryFolder output;
  const pid_t child = start(output, {"train", disturbed.file, "-o", disturbed.out});
  while (!std::filesystem::exists(disturbed.out + "/checkpoint") && !has_ended(child)) usleep(1000);
  kill(child, SIGINT);
  const Outcome stopped = finish(output, child);
  CAPTURE(stopped.err);
  // On a busy machine the training may be faster than the signal
  if (stopped.code != 0) {
    CHECK(stopped.code == 128 + SIGINT);
    CHECK(contains(stopped.err, "of 6 epochs are done; --resume goes on"));
    CHECK(disturbed.json("training.json")["finished"] == false);
  }
  check_training_refused({"train", disturbed.file, "-o", disturbed.out},
                         disturbed.out + ": the folder holds this training already; " +
                             (stopped.code != 0 ? "--resume goes on with it" : "another folder; it is finished"));
  REQUIRE(disturbed.train({"--resume"}).code == 0);
  CHECK(disturbed.folder.read("out/network.onnx") == undisturbed.folder.read("out/network.onnx"));
  CHECK(disturbed.json("training.json")["result"]["evaluation"] ==
        undisturbed.json("training.json")["result"]["evaluation"]);
  CHECK(lines_of(disturbed.folder.read("out/log.csv")).size() == 7);
}

TEST_CASE("refinement starts from a training, a folder with another training is refused") {
  const Training t;
  REQUIRE(t.train({"--set", "/training/regime=baseline"}).code == 0);
  check_training_refused({"train", t.file, "-o", t.out},
                         t.out +
                             ": the folder holds another training: /training/regime is \"baseline\" there, "
                             "\"delta\" here; a new folder, an empty one, or one with this training and --resume");
  check_training_refused(
      {"train", t.file, "-o", t.out, "--resume", "--set", "/training/regime=baseline", "--set", "/training/threads=2"},
      t.out +
          ": the folder holds another training: /training/threads is 1 there, 2 here; a new folder, an empty one, or "
          "one with this training and --resume");
  const std::string refined = t.folder / "refined";
  const Outcome outcome = program({"train", t.file, "-o", refined, "--set", "/start=" + t.out, "--set",
                                   "/training/epochs=1", "--set", "/training/learning_rate=1e-9"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  // Nothing was learned: the network is the one it started from
  const Json before = t.json("training.json")["result"]["evaluation"];
  const Json after = Json::parse(t.folder.read("refined/training.json"))["result"]["evaluation"];
  CHECK(after["accuracy"].get<double>() == doctest::Approx(before["accuracy"].get<double>()).epsilon(0.1));
  CHECK(after["macs_nonzero"].get<double>() == doctest::Approx(before["macs_nonzero"].get<double>()).epsilon(0.1));
  // What it started from is needed once
  std::filesystem::remove_all(t.out);
  CHECK(program({"evaluate", refined}).code == 0);
}

TEST_CASE("a folder's configuration does not depend on the folder from which it was trained") {
  const TemporaryFolder folder;
  Json file = tiny_training();
  file["data"] = {{"folder", {{"path", "clips"}}}};
  file["start"] = "earlier/";
  std::filesystem::create_directory(folder / "earlier");
  const auto relative = std::filesystem::relative(folder.write("t.json", file.dump())).string();
  const sim::TrainingConfig config = sim::read_training(relative, {});
  CHECK(sim::effective(config)["data"]["folder"]["path"] == folder / "clips");
  CHECK(sim::effective(config)["start"] == folder / "earlier");
  CHECK(sim::effective(config)["data"]["folder"]["cache"] == "");

  const sim::TrainingFolder out(folder / "out");
  out.begin(config);
  CHECK(out.config({}).start == folder / "earlier");
  out.check(config, true);
  // As older builds wrote it
  Json state = out.state();
  state["config"]["data"]["folder"]["path"] = config.data.folder->path;
  state["config"]["start"] = "elsewhere/earlier";
  folder.write("out/training.json", state.dump());
  out.check(config, true);
  CHECK(out.holds(config));
  state["config"]["start"] = "elsewhere/later";
  folder.write("out/training.json", state.dump());
  CHECK_FALSE(out.holds(config));
}

TEST_CASE("what was trained is evaluated and exported again") {
  const Training t;
  REQUIRE(t.train().code == 0);
  const Outcome judged = program({"evaluate", t.out, "--json"});
  CAPTURE(judged.err);
  REQUIRE(judged.code == 0);
  CHECK(Json::parse(judged.out) == t.json("training.json")["result"]["evaluation"]);
  const Outcome quiet = program({"evaluate", t.out, "--json", "--set", "/data/rendered/moving_cameras=0"});
  REQUIRE(quiet.code == 0);
  CHECK(Json::parse(quiet.out)["layers"][0]["changed"].get<double>() <
        Json::parse(judged.out)["layers"][0]["changed"].get<double>());
  CHECK(contains(program({"evaluate", t.out}).out, "accuracy"));
  REQUIRE(program({"export", t.out, "-o", t.folder / "again.onnx"}).code == 0);
  CHECK(std::filesystem::exists(t.folder / "again.onnx"));
  REQUIRE(program({"export", t.out, "--float", "-o", t.folder / "float.onnx"}).code == 0);
  CHECK(std::filesystem::file_size(t.folder / "float.onnx") > 0);
}

TEST_CASE("the networks of the delta paper are counted") {
  const Outcome resnet = program({"describe", "resnet50", "--json"});
  REQUIRE(resnet.code == 0);
  const Json total = Json::parse(resnet.out)["total"];
  CHECK(total["delta_neurons"] == 9'233'408);
  CHECK(total["thresholds"] == 23'747);
  CHECK(total["macs_padded"] == 3'858'125'824);
  const Outcome mobilenet = program({"describe", "mobilenet", "--json"});
  REQUIRE(mobilenet.code == 0);
  CHECK(Json::parse(mobilenet.out)["total"]["macs_padded"].get<double>() == doctest::Approx(567.8e6).epsilon(0.003));
  CHECK(contains(program({"describe", "resnet50"}).out, "9 233 408"));
  CHECK(contains(program({"describe", "mobilenet", "--set", "/width=0.25"}).out, "input 3 x 224 x 224"));
}

TEST_CASE("a training whose steps no file can hold ends all the same, and says so") {
  const TemporaryFolder folder;
  const std::string file = with(folder, "neuron.json", "threshold_grain", "neuron"), out = folder / "out";
  const Outcome outcome = program({"train", file, "-o", out});
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.err, "network.onnx is not written: "));
  CHECK(contains(outcome.err, "train with \"threshold_grain\": \"channel\""));
  CHECK_FALSE(contains(outcome.out, "network.onnx"));
  CHECK(std::filesystem::exists(out + "/float.onnx"));
  CHECK(Json::parse(folder.read("out/training.json"))["finished"] == true);
  CHECK(program({"evaluate", out}).code == 0);
}

TEST_CASE("clips of other classes than those trained for are refused") {
  const Training t;
  REQUIRE(t.train().code == 0);
  check_training_refused({"evaluate", t.out, "--set", "/data/rendered/classes=motion"},
                         "clips to evaluate: other classes than the training clips; expected the same, in the same "
                         "order");
}
