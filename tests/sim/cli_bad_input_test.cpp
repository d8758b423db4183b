#include "tests/models/onnx_builder.hpp"
#include "tests/sim/cli_program.hpp"
#include "tests/traces/film.hpp"
#include "traces/npy.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include <sys/resource.h>

using namespace deltasim;
using namespace deltasim::test;

namespace {

const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string set(const std::string& pointer, const std::string& value) { return pointer + "=" + value; }

/// Broken files, and a place for results in which nothing may appear.
struct Attempt {
  TemporaryFolder input, results;

  Outcome of(const std::string& command, const std::vector<std::string>& overrides) const {
    std::vector<std::string> arguments{command, example, "-o", results / (command == "run" ? "new/out" : "trace.h5")};
    for (const auto& text : overrides) arguments.insert(arguments.end(), {"--set", text});
    Outcome outcome = program(arguments);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(results.entries() == 0);
    return outcome;
  }

  /// By both commands that read networks and frames, with this text.
  void refused(const std::vector<std::string>& overrides, const std::string& message) const {
    for (const char* command : {"run", "record"})
      CHECK(of(command, overrides).err == "deltasim: error: " + message + "\n");
  }
  void run_refused(const std::vector<std::string>& overrides, const std::string& message) const {
    CHECK(of("run", overrides).err == "deltasim: error: " + message + "\n");
  }
};

/// A convolution 3 -> 2 over 96 x 96 pixels, with this weight in the middle of others.
OnnxBuilder small_network(double weight = 0.5) {
  OnnxBuilder onnx;
  onnx.input("frame", {1, 3, 96, 96});
  onnx.constant("w", {2, 3, 1, 1}, {0.25, -0.5, 1, weight, 0.5, -1});
  onnx.node("Conv", {"frame", "w"}, {"y"}, "mix");
  onnx.output("y");
  return onnx;
}

/// Records the example; returns the file.
std::string record_example(const TemporaryFolder& folder) {
  std::string trace = folder / "example.h5";
  REQUIRE(program({"record", example, "-o", trace, "--set", "/frames=2"}).code == 0);
  return trace;
}

}  // namespace

TEST_CASE("bad input: keys, types and ranges in every file that a run reads") {
  const Attempt attempt;
  const struct {
    const char *override_text, *message;
  } cases[] = {
      {"/delta/treshold=2", "/delta/treshold: unknown key; did you mean 'threshold'?"},
      {"/input/render/noize=2", "/input/render/noize: unknown key; did you mean 'noise'?"},
      {"/network/lables=[]", "/network/lables: unknown key; did you mean 'labels'?"},
      {"/hardware/core/lane=4", "/hardware/core/lane: unknown key; did you mean 'lanes'?"},
      {"/hardware=[]", "/hardware: is an array; must be an object: { \"key\": value, ... }"},
      {"/hardware/core/lanes=sixteen", "/hardware/core/lanes: is \"sixteen\"; must be an integer from 1 to 4096"},
      {"/hardware/core/lanes=0", "/hardware/core/lanes: is 0; must be an integer from 1 to 4096"},
      {"/hardware/core/lanes=true", "/hardware/core/lanes: is true; must be an integer from 1 to 4096"},
      {"/frames=0", "/frames: is 0; must be an integer from 1 to 1099511627776"},
      {"/frames=2.5", "/frames: is 2.5; must be an integer from 1 to 1099511627776"},
      {"/check=1", "/check: is 1; must be true or false"},
      {"/delta/threshold=-1", "/delta/threshold: is -1; must be a number from 0 to 1000000000"},
      {"/delta/rule=detla",
       "/delta/rule: is \"detla\"; must be one of: dense, spatial, delta, send_on_delta, previous_frame, pixel, "
       "sigma_delta"},
      {"/executions=[\"dense\",\"fast\"]",
       "/executions/1: is \"fast\"; must be one of: dense, spatial, delta, systolic"},
      {"/network=none.onnx", "/network: there is no file '" DELTASIM_SOURCE_DIR
                             "/configs/runs/none.onnx'; a path relative to the file that names it"},
      {"/input=none.mp4", "/input: there is no file '" DELTASIM_SOURCE_DIR
                          "/configs/runs/none.mp4'; a path relative to the file that names it"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.override_text);
    attempt.refused({c.override_text}, fmt::format("--set {}: {}", c.override_text, c.message));
  }
}

TEST_CASE("bad input: errors in files name the file, not the run") {
  const Attempt attempt;
  const std::string chip = attempt.input.write("chip.json", "{\"core\": {\"lanes\": 5000}}");
  attempt.refused({set("/hardware", chip)}, chip + ": /core/lanes: is 5000; must be an integer from 1 to 4096");
  const std::string cut = attempt.input.write("cut.json", "{\"core\": {\"lanes\": 4,");
  CHECK(contains(attempt.of("run", {set("/hardware", cut)}).err, cut + ": line 1, column 22: not valid JSON"));
  std::string table = read_whole(DELTASIM_SOURCE_DIR "/configs/energy/cmos.json");
  table.replace(table.find("\"mac\""), 5, "\"mak\"");
  const std::string energy = attempt.input.write("energy.json", table);
  CHECK(contains(attempt.of("run", {set("/energy", energy)}).err, energy + ": /activities"));
}

TEST_CASE("bad input: thresholds and layers that the network does not have name the run file") {
  const Attempt attempt;
  const std::string senders =
      "layers that send: input, stem, depthwise1, pointwise1, pool, residual_a, residual_b, down1, depthwise2, "
      "pointwise2, down2, average";
  attempt.refused({"/delta/layers={\"stm\": {\"mode\": \"normal\"}}"},
                  example + ": /delta/layers/stm: no layer of the network sends under the name 'stm'; " + senders);
  attempt.refused(
      {"/delta/threshold={\"stem\": [1, 2]}"},
      example + ": /delta/layers/stem/threshold: 2 values, but layer 'stem' has 8 channels; one value, or 8");
  attempt.refused({"/delta/threshold=0"}, example +
                                              ": /delta/threshold: 0 is not a multiple of a quantisation step; a "
                                              "number above 0; 1 keeps the network's own step");
}

TEST_CASE("bad input: an operator that is not supported is named with its node") {
  const Attempt attempt;
  OnnxBuilder onnx;
  onnx.input("frame", {1, 3, 96, 96});
  onnx.node("FancyNorm", {"frame"}, {"y"}, "norm_7");
  onnx.output("y");
  const std::string file = attempt.input.write("fancy.onnx", onnx.bytes());
  const Outcome outcome = attempt.of("run", {set("/network", file)});
  CHECK(contains(outcome.err, "deltasim: error: " + file + ": "));
  CHECK(contains(outcome.err, "node 'norm_7'"));
  CHECK(contains(outcome.err, "FancyNorm"));
  CHECK(contains(outcome.err, "; "));
  CHECK(attempt.of("record", {set("/network", file)}).err == outcome.err);
}

TEST_CASE("bad input: weights that are NaN or infinite are refused with their tensor and element") {
  const Attempt attempt;
  for (const double weight : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const std::string file = attempt.input.write("broken.onnx", small_network(weight).bytes());
    const Outcome outcome = attempt.of("run", {set("/network", file)});
    CHECK(contains(outcome.err, "deltasim: error: " + file + ": "));
    CHECK(contains(outcome.err, std::isnan(weight) ? "element 3 is NaN" : "element 3 is infinite"));
    CHECK(contains(outcome.err, "'w'"));
  }
}

TEST_CASE("bad input: a truncated ONNX file, wherever it was cut") {
  const Attempt attempt;
  const std::string whole = read_whole(DELTASIM_SOURCE_DIR "/configs/networks/objects.onnx");
  REQUIRE(whole.size() > 1000);
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{100}, whole.size() / 4, whole.size() / 2,
                                   whole.size() * 3 / 4, whole.size() - 100, whole.size() - 1}) {
    CAPTURE(length);
    const std::string file = attempt.input.write("cut.onnx", whole.substr(0, length));
    attempt.refused({set("/network", file)},
                    fmt::format("{}: no complete ONNX file: {} bytes that hold no whole network; an ONNX network that "
                                "was saved to its end",
                                file, length));
  }
}

TEST_CASE("bad input: a truncated stream, wherever it was cut") {
  const Attempt attempt;
  const std::string whole = read_whole(record_example(attempt.input));
  REQUIRE(whole.size() > 10000);
  for (const std::size_t length : {std::size_t{0}, std::size_t{8}, std::size_t{100}, whole.size() / 4, whole.size() / 2,
                                   whole.size() * 3 / 4, whole.size() - 1}) {
    CAPTURE(length);
    const std::string file = attempt.input.write("cut.h5", whole.substr(0, length));
    const std::string message =
        file + ": is truncated or damaged: HDF5 cannot open it; a complete file that `deltasim record` wrote";
    attempt.run_refused({set("/input", file)}, message);
    check_refused({"trace", "info", file}, message);
    check_refused({"trace", "info", file, "--json"}, message);
  }
}

TEST_CASE("bad input: a damaged stream is refused although it opens") {
  const Attempt attempt;
  const std::string whole = read_whole(record_example(attempt.input));
  for (const double part : {0.3, 0.6, 0.9}) {
    std::string damaged = whole;
    const auto at = static_cast<std::size_t>(part * static_cast<double>(whole.size()));
    for (std::size_t i = at; i < at + 64; ++i) damaged[i] = static_cast<char>(~damaged[i]);
    const std::string file = attempt.input.write("damaged.h5", damaged);
    CHECK(contains(attempt.of("run", {set("/input", file)}).err, "deltasim: error: " + file + ": "));
  }
}

TEST_CASE("bad input: a stream that another network recorded, and a file that is no stream") {
  const Attempt attempt;
  const std::string trace = record_example(attempt.input);
  attempt.input.write("other.onnx", small_network().bytes());
  const std::string other = attempt.input.write(
      "other.json",
      "{\"model\": \"other.onnx\", \"calibration\": {\"input\": {\"render\": {\"frames\": 2}}, \"frames\": 2}}");
  const Outcome outcome = attempt.of("run", {set("/input", trace), set("/network", other)});
  CHECK(contains(outcome.err, trace + ": /@network_hash: recorded with another network: 'objects' ("));
  CHECK(contains(outcome.err, "), this one is '"));
  CHECK(contains(outcome.err, "); replay it with that network, or record it again with this one\n"));
  const std::string text = attempt.input.write("text.h5", "events, but no HDF5");
  attempt.run_refused({set("/input", text)},
                      text + ": byte 0: is not an HDF5 file; a complete file that `deltasim record` wrote");
}

TEST_CASE("bad input: settings that a recorded stream cannot follow") {
  const Attempt attempt;
  const std::string trace = set("/input", record_example(attempt.input));
  attempt.run_refused({trace, "/executions=[\"dense\"]"},
                      example +
                          ": /executions: has no 'delta', and the input is a recorded stream; 'delta' replays what was "
                          "recorded; the others need the frames");
  attempt.run_refused({trace, "/input/frame_step=2"},
                      example +
                          ": /input/frame_step: is 2, and the input is a recorded stream; 1; changes are recorded from "
                          "frame to frame: record with this frame_step");
  CHECK(attempt.of("record", {trace}).err ==
        "deltasim: error: " + example + ": /input: is a recorded stream; frames to record: video, images, ...\n");
}

TEST_CASE("bad input: a truncated video, wherever it was cut") {
  const Attempt attempt;
  for (const char* codec : {"mjpeg", "ffv1", "mpeg4"}) {
    const std::string film = attempt.input / (codec + std::string(codec == std::string("mpeg4") ? ".mp4" : ".avi"));
    write_film(film, codec, 64, 64, 8, 25, 1);
    const std::string whole = read_whole(film);
    for (const std::size_t length : {whole.size() / 4, whole.size() / 2, whole.size() * 3 / 4}) {
      CAPTURE(codec);
      CAPTURE(length);
      const std::string file = attempt.input.write("cut" + film.substr(film.size() - 4), whole.substr(0, length));
      for (const char* command : {"run", "record"}) {
        const Outcome outcome = attempt.of(command, {set("/input", file), "/executions=[\"delta\"]"});
        CHECK(contains(outcome.err, "deltasim: error: " + file + ": "));
        const bool told = contains(outcome.err, "truncated") || contains(outcome.err, "cannot be decoded") ||
                          contains(outcome.err, "holds no pictures");
        CHECK(told);
        CHECK(contains(outcome.err, "; a "));
      }
    }
  }
}

TEST_CASE("bad input: empty videos, folders, and files that are none") {
  const Attempt attempt;
  const std::string complete = "; a complete file in a format that FFmpeg reads";
  const std::string empty = attempt.input.write("empty.mp4", "");
  CHECK(contains(attempt.of("run", {set("/input", empty)}).err, "deltasim: error: " + empty + ": "));
  const std::string text = attempt.input.write("text.avi", std::string(5000, 'x'));
  CHECK(contains(attempt.of("run", {set("/input", text)}).err, text + ": is not a video or image, or is truncated"));
  const std::string none = attempt.input / "none.avi";
  write_film(none, "mjpeg", 64, 64, 0, 25, 1);
  CHECK(contains(attempt.of("run", {set("/input", none)}).err, "deltasim: error: " + none + ": "));
  attempt.input.write("folder/notes.txt", "no image");
  attempt.refused({set("/input", attempt.input / "folder")},
                  (attempt.input / "folder") +
                      ": is a folder without images; files named *.png, *.jpg, *.bmp, *.ppm, *.tif or *.webp");
}

TEST_CASE("bad input: arrays that are truncated, hold NaN, or have another shape") {
  const Attempt attempt;
  const std::string file = attempt.input / "frames.npy";
  std::vector<float> values(2 * 3 * 96 * 96, 1.0f);
  values[3 * 96 * 96 + 5] = std::nanf("");
  traces::write_npy(file, values, {2, 3, 96, 96});
  attempt.refused({set("/input", file)},
                  file + ": frame 1: has a value that is NaN or infinite; finite values in every frame");
  const std::string whole = read_whole(file);
  const std::string cut = attempt.input.write("cut.npy", whole.substr(0, whole.size() - 4));
  CHECK(contains(attempt.of("run", {set("/input", cut)}).err,
                 fmt::format("{}: byte {}: is truncated: the header promises", cut, whole.size() - 4)));
  traces::write_npy(file, std::vector<float>(2 * 5 * 96 * 96, 1.0f), {2, 5, 96, 96});
  attempt.refused({set("/input", file)},
                  file +
                      ": header: shape (2 x 5 x 96 x 96) does not fit the network's input; expected frames x 3 x 96 x "
                      "96, or frames x 96 x 96 x 3 (set resize for another height and width)");
}

TEST_CASE("bad input: labels that are no class of the network") {
  const Attempt attempt;
  const std::string frames = attempt.input / "frames.npy";
  traces::write_npy(frames, std::vector<std::uint8_t>(2 * 3 * 96 * 96, 7), {2, 3, 96, 96});
  const std::string labels = attempt.input.write("labels.txt", "5\n6\n");
  attempt.refused({set("/input", frames), set("/input/labels", labels)},
                  labels + ": frame 1: label 6, but the network has 6 classes; a class index from 0 to 5");
  attempt.refused({set("/input", frames), "/input/label=66"},
                  example + ": frame 0: label 66, but the network has 6 classes; a class index from 0 to 5");
  const std::string few = attempt.input.write("few.txt", "5\n");
  attempt.refused({set("/input", frames), set("/input/labels", few)},
                  few + ": has 1 labels, frame 1 has none; a label for every frame of the source");
}

TEST_CASE("bad input: rendered clips refuse what would have no effect") {
  const Attempt attempt;
  const std::string place = example + ": /input/";
  attempt.refused({"/input/mean=[1, 2]"}, place + "mean: 2 values for 3 channels; one value, or 3");
  attempt.refused({"/input/resize=[10, 10]"},
                  place + "resize: has no effect on a rendered clip; null; /input/render/width and height");
  attempt.refused({"/input/crop=[0, 0, 9, 9]"}, place + "crop: has no effect on a rendered clip; none");
  attempt.refused({"/input/label=1"}, place + "label: a rendered clip has its own labels; null; /input/render/labels");
  attempt.refused({"/input/first_frame=30"}, place + "first_frame: is 30; the clip has 30 frames");
}

TEST_CASE("bad input: clips of the rendered benchmark: size, classes, noise, and one input only") {
  const Attempt attempt;
  const auto actions = [](const std::string& keys) { return R"(/input={"actions": {)" + keys + "}}"; };
  const std::string size = R"("width": 96, "height": 96)";
  attempt.refused({actions("")}, example +
                                     ": /input/actions: the clip has 64 x 64 pixels in 3 colours; the network takes "
                                     "96 x 96 pixels in 3 channels");
  attempt.refused({actions(size + R"(, "clips": 7, "frames": 2)")},
                  example + ": frame 12: label 6, but the network has 6 classes; a class index from 0 to 5");
  const auto set = [](const std::string& text) { return "--set " + text + ": "; };
  const std::string noisy = actions(size + R"(, "least_noise": 4)"), second = R"(/input/actions={"width": 96})";
  const std::string file = R"(/input={"path": "clip.npy", "actions": {}})";
  attempt.refused({noisy}, set(noisy) + "/input/actions/least_noise: is 4; at most 1.3 (most_noise)");
  attempt.refused({second}, example + ": /input: has both 'render' and 'actions'; one of them");
  attempt.refused({file}, set(file) + "/input: has both 'path' and 'actions'; one of them");
  attempt.refused(
      {actions(size), "/input/label=1"},
      example + ": /input/label: a rendered clip has its own labels; null: every frame has its clip's class");
  attempt.refused({actions(size + R"(, "clips": 2, "frames": 3)"), "/input/first_frame=6"},
                  example + ": /input/first_frame: is 6; the clip has 6 frames");
}

TEST_CASE("bad input: a network that does not fit, mapped automatically or by hand") {
  const Attempt attempt;
  const Outcome outcome = attempt.of("run", {"/hardware/core/weight_memory/size_bytes=512"});
  CHECK(contains(outcome.err,
                 "edge16.json: /core: network 'objects' does not fit: it needs 39.5 KiB of weight memory "
                 "where 8 KiB are available"));
  CHECK(contains(outcome.err,
                 "per core would fit; a section 'dram' with buffer_bytes 256 would stream what does not fit\n"));
  const Outcome buffers = attempt.of("run", {"/hardware/core/weight_memory/size_bytes=512", "/hardware/dram={}"});
  CHECK(buffers.code == 2);
  CHECK(contains(buffers.err,
                 "edge16.json: /core: network 'objects' does not fit, even if all of it lives in DRAM: its "
                 "buffers need "));
  CHECK(contains(buffers.err, "; buffer_bytes 256 in its 'dram' would do\n"));
  std::string slices;
  for (const char* layer : {"stem", "depthwise1", "pointwise1", "pool", "residual_a", "residual_b", "down1",
                            "depthwise2", "pointwise2", "down2", "average", "classifier"})
    slices += fmt::format("{}{{\"layer\": \"{}\", \"core\": 0}}", slices.empty() ? "" : ", ", layer);
  attempt.run_refused({"/mapping=[" + slices + "]", "/hardware/core/weight_memory/size_bytes=40000"},
                      example +
                          ": /mapping: core 0 needs 40472 bytes of weight memory and has 40000, 472 too few; move a "
                          "slice to another core or cut it");
  attempt.run_refused({"/mapping=[{\"layer\": \"stm\", \"core\": 0}]"},
                      example + ": /mapping/0/layer: the network has no layer 'stm'; did you mean 'stem'?");
}

TEST_CASE("bad input: folders that nobody can write, root included") {
  const TemporaryFolder folder;
  const std::string file = folder.write("file", "");
  check_refused({"run", example, "-o", file + "/a/b"},
                file + "/a/b: '" + file + "' is not a folder; a folder for the results that can be written");
  check_refused({"run", example, "-o", "/proc/deltasim"},
                "/proc/deltasim: cannot be written (No such file or directory); a folder for the results that can be "
                "written");
  for (const std::string& target : {file + "/trace.h5", folder / "none/trace.h5", std::string("/proc/trace.h5")}) {
    const Outcome outcome = program({"record", example, "-o", target, "--set", "/frames=1"});
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(contains(outcome.err, "deltasim: error: " + target + ": cannot be written ("));
    CHECK(contains(outcome.err, "); name a file in a folder that exists and is writable\n"));
  }
  check_refused({"run", example, "-o", ""},
                "command line: --output: the folder has no name; 'deltasim --help' shows the commands");
  CHECK(folder.entries() == 1);
}

TEST_CASE("bad input: earlier results stay as they were") {
  const TemporaryFolder folder;
  REQUIRE(
      program({"run", example, "-o", folder / "out", "--set", "/frames=1", "--set", "/executions=[\"delta\"]"}).code ==
      0);
  const std::string report = folder.read("out/report.json");
  const std::string trace = record_example(folder), recorded = read_whole(trace);
  const std::string film = folder / "film.avi";
  write_film(film, "mjpeg", 64, 64, 8, 25, 1);
  const std::string whole = read_whole(film), cut = folder.write("cut.avi", whole.substr(0, whole.size() / 2));
  CHECK(program({"run", example, "-o", folder / "out", "--set", "/input=" + cut}).code == 2);
  CHECK(program({"record", example, "-o", trace, "--set", "/input=" + cut}).code == 2);
  CHECK(folder.read("out/report.json") == report);
  CHECK(read_whole(trace) == recorded);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out")) files += entry.exists();
  CHECK(files == 3);
  CHECK(folder.entries() == 4);  // out, the trace, the two films
}

TEST_CASE("bad input: a disk without room leaves nothing half written") {
  const Attempt attempt;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{8192, before.rlim_max};  // inherited by the program: its writes fail beyond that
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Outcome run = attempt.of("run", {"/frames=1"}), record = attempt.of("record", {"/frames=2"});
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(contains(run.err, "could not be written completely ("));
  CHECK(contains(run.err, "); make room on the disk\n"));
  CHECK(contains(record.err, (attempt.results / "trace.h5") + ": the event stream cannot be written"));
}
