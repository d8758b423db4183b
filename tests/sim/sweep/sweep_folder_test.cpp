#include "tests/sim/sweep/sweep_process.hpp"

#include <filesystem>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace deltasim::test;
namespace fs = std::filesystem;

namespace {

/// As program(), for which no file may grow beyond `bytes`.
Outcome program_with_quota(rlim_t bytes, const std::vector<std::string>& arguments) {
  const TemporaryFolder streams;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit now{bytes, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &now);
  const pid_t child = start(streams, arguments);
  setrlimit(RLIMIT_FSIZE, &before);
  return finish(streams, child);
}

/// A small file system of its own, where the test may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    fs::create_directories(path_);
    mounted_ = mount("none", path_.c_str(), "tmpfs", 0, "size=3m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  bool remount(unsigned long flags, const char* options) {
    return mount("none", path_.c_str(), "tmpfs", MS_REMOUNT | flags, options) == 0;
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("two shards and a third process at once in one folder lose nothing and do nothing twice") {
  const TemporaryFolder folder, one, two, all;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "out";
  REQUIRE(program({"sweep", sweep, "-o", folder / "calm"}).code == 0);
  const pid_t first = start(one, {"sweep", sweep, "-o", out, "--jobs", "1", "--shard", "1/2"});
  const pid_t second = start(two, {"sweep", sweep, "-o", out, "--jobs", "1", "--shard", "2/2"});
  const pid_t third = start(all, {"sweep", sweep, "-o", out, "--jobs", "1"});
  CHECK(finish(one, first).code == 0);
  CHECK(finish(two, second).code == 0);
  CHECK(finish(all, third).code == 0);
  CHECK(results(folder, "out") == results(folder, "calm"));
  CHECK(sweep_json(folder, "out")["points"]["done"] == 6);
}

TEST_CASE("what points share is computed once") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(
      folder, six_points + R"(, {"pointer": "/energy/static/logic_leakage/value", "values": [0.04, 0.06]})");
  const Outcome outcome = program({"sweep", sweep, "-o", folder / "out", "--jobs", "2"});
  CAPTURE(outcome.err + outcome.out);
  REQUIRE(outcome.code == 0);
  const auto work = sweep_json(folder, "out")["work"];
  CHECK(work.value("simulations_run", 0) == 6);  // 3 thresholds x 2 chips; energy tables cost nothing
  CHECK(work.value("reference_runs", 9) <= 4);   // 3 thresholds, and the dense truth
}

TEST_CASE("a damaged cache is noticed and costs time, no result") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), cache = folder / "cache";
  REQUIRE(program({"sweep", sweep, "-o", folder / "calm", "--cache", cache}).code == 0);
  int entries = 0;
  for (const auto& entry : fs::directory_iterator(cache + "/entries")) {
    std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(entry.path()) / 2));
    file.put('\x5a').put('\x5a').put('\x5a');
    ++entries;
  }
  CHECK(entries > 3);
  REQUIRE(program({"sweep", sweep, "-o", folder / "out", "--cache", cache, "--jobs", "1"}).code == 0);
  CHECK(results(folder, "out") == results(folder, "calm"));
  CHECK(sweep_json(folder, "out")["work"].value("damaged", 0) > 0);
}

TEST_CASE("a folder that cannot be written is refused before the work") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points);
  const Outcome outcome = program({"sweep", sweep, "-o", "/proc/deltasim-sweep"});
  CHECK(outcome.code == 2);
  CHECK(contains(outcome.err, "/proc/deltasim-sweep: cannot be written ("));
  const std::string file = folder.write("file", "");
  check_refused({"sweep", sweep, "-o", file}, file + ": is not a folder; a folder for the results that can be written");
}

TEST_CASE("files that cannot grow fail points with a clear message, and nothing is lost") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "out";
  REQUIRE(program({"sweep", sweep, "-o", folder / "calm"}).code == 0);
  const auto report = fs::file_size(folder / "calm/points/0000/report.json");
  const auto table = fs::file_size(folder / "calm/sweep.json");
  REQUIRE(report > table + 1000);
  const Outcome quota = program_with_quota(table + 1000, {"sweep", sweep, "-o", out});
  CHECK(quota.code == 1);
  CHECK(contains(column(folder, "out", "message")[0], "File too large"));
  CHECK(program({"sweep", sweep, "-o", out, "--retry-failed"}).code == 0);
  CHECK(results(folder, "out") == results(folder, "calm"));
}

TEST_CASE("a full disk stops the sweep, what is done is kept, and the same command goes on") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "disk/out";
  SmallDisk disk(folder / "disk");
  if (!disk.mounted()) {
    MESSAGE("skipped: a file system cannot be mounted here");
    return;
  }
  REQUIRE(program({"sweep", sweep, "-o", folder / "calm"}).code == 0);
  const std::string filler = folder / "disk/filler";
  std::ofstream(filler) << std::string(2'000'000, 'x');
  const Outcome full = program({"sweep", sweep, "-o", out, "--jobs", "1"});
  CAPTURE(full.err);
  CHECK(full.code == 1);
  CHECK((contains(full.err, "the disk is full") || contains(full.err, "No space left on device")));
  fs::remove(filler);
  REQUIRE(disk.remount(0, "size=64m"));
  CHECK(program({"sweep", sweep, "-o", out}).code == 0);
  CHECK(results(folder, "disk/out") == results(folder, "calm"));
  REQUIRE(disk.remount(MS_RDONLY, "size=64m"));
  const Outcome closed = program({"sweep", sweep, "-o", out});
  CHECK(closed.code == 2);
  CHECK(contains(closed.err, out + ": cannot be written (Read-only file system)"));
  CHECK(contains(program({"sweep", "--status", out}).out, "6 points: 6 done"));
}

TEST_CASE("a million points are listed and started in the memory that two points take") {
  const TemporaryFolder folder, streams;
  setenv("ASAN_OPTIONS", "detect_stack_use_after_return=0:quarantine_size_mb=1", 1);  // else it keeps what was freed
  const std::string two = small_sweep(folder, R"({"pointer": "/delta/threshold", "values": [1, 2]})", "", "two.json");
  const std::string million =
      small_sweep(folder, R"({"pointer": "/delta/threshold", "range": {"from": 1, "to": 2, "steps": 1000}},
    {"pointer": "/hardware/core/lanes", "range": {"from": 1, "to": 1000, "steps": 1000}})");
  int status = 0;
  const auto peak_kb = [&](pid_t process) {  // of its children, too
    rusage use{};
    wait4(process, &status, 0, &use);
    return static_cast<double>(use.ru_maxrss);
  };
  const double listing_two = peak_kb(start(streams, {"sweep", two, "--list"}));
  CHECK(status == 0);
  CHECK(peak_kb(start(streams, {"sweep", million, "--list"})) < 1.5 * listing_two);
  CHECK(status == 0);
  CHECK(contains(streams.read("stdout"), "\n999999,2,1000\n"));

  const double running_two = peak_kb(start(streams, {"sweep", two, "-o", folder / "two", "--jobs", "1"}));
  const pid_t running = start(streams, {"sweep", million, "-o", folder / "out", "--jobs", "1"});
  CHECK(soon([&] { return fs::exists(folder / "out/points/000000/report.json"); }));
  kill(running, SIGINT);
  CHECK(peak_kb(running) < 1.5 * running_two);
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(contains(program({"sweep", "--status", folder / "out"}).out, "1000000 points: "));
}

TEST_CASE("--slurm writes a job array that runs shards into the folder") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "out";
  const Outcome outcome = program({"sweep", sweep, "-o", out, "--slurm", "--dry-run", "--tasks", "3", "--jobs", "2",
                                   "--partition", "short", "--time", "1:00:00", "--memory", "2G"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.out, "sbatch --parsable --output="));
  const std::string script = folder.read("out/slurm.sh");
  for (const char* line :
       {"#!/bin/bash\n", "#SBATCH --array=0-2\n", "#SBATCH --requeue\n", "#SBATCH --cpus-per-task=2\n",
        "#SBATCH --partition=short\n", "#SBATCH --time=1:00:00\n", "#SBATCH --mem=2G\n"})
    CHECK(contains(script, line));
  CHECK(contains(script, "--jobs 2 --shard $((SLURM_ARRAY_TASK_ID + 1))/3"));
  check_refused({"sweep", sweep, "-o", out, "--slurm", "--time", "1 h"},
                "--time 1 h: has blanks or quotes in it; a word that sbatch understands");
}
