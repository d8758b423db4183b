#pragma once

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/// The real program as its users start it.
namespace deltasim::test {

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// Starts the real program with its output in files of `folder`.
inline pid_t start(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(open((folder / "stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open((folder / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  std::vector<char*> argv{const_cast<char*>(DELTASIM_PROGRAM)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(DELTASIM_PROGRAM, argv.data());
  _exit(127);
}

inline Outcome finish(const TemporaryFolder& folder, pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), folder.read("stdout"), folder.read("stderr")};
}

inline Outcome program(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  return finish(folder, start(folder, arguments));
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Exit code 2, one line on stderr, nothing on stdout.
inline void check_refused(const std::vector<std::string>& arguments, const std::string& message) {
  const Outcome outcome = program(arguments);
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "deltasim: error: " + message + "\n");
  CHECK(outcome.out.empty());
}

}  // namespace deltasim::test
