#include "tests/sim/training/train_program.hpp"

#include "tests/support/data.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;
using sim::Json;

namespace {

/// A training file with a change; nothing may be left behind.
struct Attempt {
  TemporaryFolder folder;
  std::string file = folder.write("t.json", tiny_training().dump());

  void refused(const std::string& set, const std::string& message) const {
    CAPTURE(set);
    check_training_refused({"train", file, "-o", folder / "out", "--set", set}, message);
    CHECK_FALSE(std::filesystem::exists(folder / "out"));
  }
};

}  // namespace

TEST_CASE("training files with faults are refused with their place") {
  const Attempt a;
  a.refused("/training/rates=3", "--set /training/rates=3: /training/rates: unknown key; did you mean 'rate'?");
  a.refused("/training/epochs=0",
            "--set /training/epochs=0: /training/epochs: is 0; must be an integer from 1 to 1000000");
  a.refused("/training/regime=l2",
            "--set /training/regime=l2: /training/regime: is \"l2\"; must be one of: baseline, l1, delta");
  a.refused("/training/warm_up=3",
            "--set /training/warm_up=3: /training/warm_up: is 3, but there are 2 epochs; must be "
            "less than /training/epochs");
  a.refused("/data={}", "--set /data={}: /data: names no clips; one of the keys 'rendered', 'ucf101', 'folder'");
  a.refused("/start=nothing", "--set /start=nothing: /start: there is nothing at '" + (a.folder / "nothing") +
                                  "'; the folder of a training or an .onnx file, relative to the file that names it");
  a.refused("/data={\"folder\": {\"path\": \"none\"}}",
            (a.folder / "none") + ": is not a folder; <class>/<clip>, or train/<class>/<clip> and test/<class>/<clip>");
  a.refused("training=3",
            "--set training=3: 'training' is not a JSON pointer; --set /pointer=value, for example --set "
            "/training/rate=0.3");
}

TEST_CASE("what cannot be trained is refused where it is read: by train, and by config check") {
  const Attempt a;
  const auto refused = [&](const std::string& set, const std::string& message) {
    a.refused(set, message);
    check_training_refused({"config", "check", a.file, "--set", set}, message);
  };
  refused("/training/quantise_from=3",
          "--set /training/quantise_from=3: /training/quantise_from: 3 of 2 epochs; expected an epoch of the training, "
          "from 1");
  refused("/training/quantise_weights=3",
          "--set /training/quantise_weights=3: /training/quantise_weights: 3 epochs, activations are quantised in 2; "
          "expected at most as many");
  refused("/training/clip_frames=1",
          "--set /training/clip_frames=1: /training/clip_frames: changes need two frames; expected at least 2");
  refused("/training/delta_layers=[\"cnov\"]",
          "--set /training/delta_layers=[\"cnov\"]: /training/delta_layers: no delta layer cnov; expected names of "
          "layers that have one");
  Json file = tiny_training();
  file["network"]["input_delta"] = false;
  file["training"]["input_delta_only"] = true;
  const std::string path = a.folder.write("u.json", file.dump());
  check_training_refused({"config", "check", path},
                         path +
                             ": /training/input_delta_only: the network has no delta layer on its image; set "
                             "input_delta in its description");
}

TEST_CASE("values of a trained network cannot be set") {
  check_training_refused({"describe", "net.onnx", "--set", "/width=2"},
                         "--set /width=2: 'net.onnx' has no values that could be set; a description or training file "
                         "(.json), or the name of a built-in network");
}

TEST_CASE("files and folders that are none") {
  const TemporaryFolder folder;
  CHECK(program({"train", folder / "none.json", "-o", folder / "out"}).code == 2);
  check_training_refused({"evaluate", folder.path()},
                         folder.path() + ": holds no training; a folder that 'deltasim-train train -o' has written");
  check_training_refused({"trian"}, "command line: there is no command 'trian'; did you mean 'train'?");
  const std::string file = folder.write("t.json", tiny_training().dump());
  folder.write("full/notes.txt", "mine");
  check_training_refused({"train", file, "-o", folder / "full"},
                         (folder / "full") +
                             ": the folder holds something else; a new folder, an empty one, or one with "
                             "this training and --resume");
}

TEST_CASE("shipped training files and recipes load, the shipped schema is what the program writes") {
  const std::string configs = DELTASIM_SOURCE_DIR "/configs/training/";
  const Outcome outcome =
      program({"config", "check", configs + "example.json", configs + "reproduce.json", configs + "quick.json"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  std::ifstream in(DELTASIM_SOURCE_DIR "/configs/schemas/training.json");
  std::ostringstream shipped;
  shipped << in.rdbuf();
  CHECK(program({"config", "keys", "--schema"}).out == shipped.str());
  CHECK(contains(program({"config", "keys"}).out, "/training/penalty_form"));
  const Outcome defaults = program({"config", "defaults"});
  REQUIRE(defaults.code == 0);
  const TemporaryFolder folder;
  CHECK(program({"config", "check", folder.write("d.json", defaults.out)}).code == 0);
}

TEST_CASE("an epoch over UCF101's own clips, a missing and a damaged one are named and left out") {
  const auto soccer = data_file("videos/v_SoccerJuggling_g23_c01.avi");
  const auto eyes = data_file("videos/v_ApplyEyeMakeup_test.avi");
  if (!soccer || !eyes) {
    MESSAGE("skipped: no shared data");
    return;
  }
  const TemporaryFolder folder;
  namespace fs = std::filesystem;
  fs::create_symlink(*soccer, folder / "v_SoccerJuggling_g23_c01.avi");
  fs::create_symlink(*soccer, folder / "v_SoccerJuggling_g01_c01.avi");
  fs::create_symlink(*eyes, folder / "v_ApplyEyeMakeup_g01_c01.avi");
  fs::create_symlink(*eyes, folder / "v_ApplyEyeMakeup_g02_c01.avi");
  folder.write("v_ApplyEyeMakeup_g03_c01.avi", "no film");
  folder.write("classInd.txt", "1 ApplyEyeMakeup\n2 SoccerJuggling\n");
  folder.write("trainlist01.txt",
               "ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi 1\nSoccerJuggling/v_SoccerJuggling_g23_c01.avi 2\n"
               "ApplyEyeMakeup/v_ApplyEyeMakeup_g03_c01.avi 1\nSoccerJuggling/v_SoccerJuggling_g24_c01.avi 2\n");
  folder.write("testlist01.txt",
               "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\nSoccerJuggling/v_SoccerJuggling_g01_c01.avi\n");
  Json file = tiny_training();
  file["data"] = {{"ucf101", {{"path", "."}, {"width", 32}, {"height", 32}}}};
  file["training"]["epochs"] = 1;
  const Outcome outcome = program({"train", folder.write("t.json", file.dump()), "-o", folder / "out"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(contains(outcome.err, "v_ApplyEyeMakeup_g03_c01.avi"));
  CHECK(contains(outcome.err, "v_SoccerJuggling_g24_c01.avi: no such file"));
  CHECK(contains(outcome.err, "2 of 4 clips to train on are left out"));
  CHECK(contains(outcome.out, "over 2 clips"));
}
