#include "sim/sweep/children.hpp"

#include "sim/interrupt.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace deltasim::sim {
namespace {

constexpr int cannot_start = 127;
constexpr double patience_s = 5.0;  ///< for children that were asked to stop

sigset_t child_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

/// Between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* argv, pid_t parent, int inherited, const char* out, const char* err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(cannot_start);  // it ended before the line above
  const int nothing = open("/dev/null", O_RDONLY);
  const int to_out = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  const int to_err = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (nothing < 0 || to_out < 0 || to_err < 0) _exit(cannot_start);
  dup2(nothing, STDIN_FILENO);
  dup2(to_out, STDOUT_FILENO);
  dup2(to_err, STDERR_FILENO);
  if (inherited >= 0) fcntl(inherited, F_SETFD, 0);
  const sigset_t set = child_signal();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  execv("/proc/self/exe", argv);
  _exit(cannot_start);
}

}  // namespace

Children::Children() {
  const sigset_t set = child_signal();  // sigtimedwait() wants it blocked
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

void Children::stop() {
  for (const Running& child : running_) kill(child.process, SIGTERM);
  const timespec pause{0, 20'000'000};
  for (double waited = 0.0; !running_.empty() && waited < patience_s; waited += 0.02) {
    while (reap()) {
    }
    if (!running_.empty()) nanosleep(&pause, nullptr);
  }
  for (const Running& child : running_) {
    kill(child.process, SIGKILL);
    waitpid(child.process, nullptr, 0);
  }
  running_.clear();
}

void Children::start(std::uint64_t index, const std::vector<std::string>& arguments, int inherited,
                     const std::string& out, const std::string& err) {
  std::vector<char*> argv{const_cast<char*>("deltasim")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error(fmt::format("no process can be started ({})", std::strerror(errno)));
  if (child == 0) become(argv.data(), parent, inherited, out.c_str(), err.c_str());
  running_.push_back({child, index});
}

std::optional<ChildEnd> Children::reap() {
  for (std::size_t i = 0; i < running_.size(); ++i) {
    int status = 0;
    if (waitpid(running_[i].process, &status, WNOHANG) != running_[i].process) continue;
    const ChildEnd end{running_[i].index, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    return end;
  }
  return std::nullopt;
}

std::optional<ChildEnd> Children::wait(double timeout_s) {
  stop_if_interrupted();
  if (auto end = reap()) return end;
  const auto whole = static_cast<std::time_t>(timeout_s);
  const timespec timeout{whole, static_cast<long>((timeout_s - static_cast<double>(whole)) * 1e9)};
  const sigset_t set = child_signal();
  sigtimedwait(&set, nullptr, &timeout);  // a signal that is caught ends it, too
  stop_if_interrupted();
  return reap();
}

}  // namespace deltasim::sim
