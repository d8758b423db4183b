#pragma once

#include "tests/sim/sweep/small_sweep.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

/// A sweep that runs while the test does something to it.
namespace deltasim::test {

inline void pause_ms(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

/// Whether something came true; machines can be slow.
inline bool soon(const std::function<bool()>& holds) {
  for (int tries = 0; tries < 3000; ++tries, pause_ms(10))
    if (holds()) return true;
  return false;
}

/// As start(), in a process group of its own.
inline pid_t start_group(const TemporaryFolder& streams, const std::vector<std::string>& arguments) {
  const pid_t child = start(streams, arguments);
  setpgid(child, child);
  return child;
}

/// The newest child process of `parent`.
inline std::optional<pid_t> child_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  std::optional<pid_t> last;
  for (pid_t child = 0; children >> child;) last = child;
  return last;
}

/// It has passed exec: signals find it as it will be.
inline bool runs_point(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/cmdline");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return contains(text, "--claimed");
}

inline pid_t await_point(pid_t sweep) {
  std::optional<pid_t> child;
  soon([&] {
    child = child_of(sweep);
    return child && runs_point(*child);
  });
  return child.value_or(0);
}

inline bool is_gone(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string id, name, state;
  return !(in >> id >> name >> state) || state == "Z" || state == "X";
}

/// One point that would take hours, and then quick ones.
inline std::string endless_sweep(const TemporaryFolder& folder) {
  return folder.write("endless.json", R"({"base": ")" DELTASIM_SOURCE_DIR R"(/configs/runs/objects.json",
    "set": {"/input/render/frames": 1000000, "/executions": ["delta"], "/check": false},
    "axes": [{"pointer": "/frames", "values": [1000000, 1, 2]}]})");
}

}  // namespace deltasim::test
