#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace deltasim::sim {

/// How a child process ended.
struct ChildEnd {
  std::uint64_t index = 0;  ///< as given to start()
  int code = 0;             ///< where it ended by itself
  int signal = 0;           ///< else
};

/// Processes of this program itself. None outlives the parent, however that ends.
class Children {
 public:
  Children();
  ~Children() { stop(); }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  /// `inherited`: a descriptor that the child keeps. stdout and stderr go to files that are made anew.
  void start(std::uint64_t index, const std::vector<std::string>& arguments, int inherited, const std::string& out,
             const std::string& err);
  /// Asks those that still run to stop, then ends them.
  void stop();
  std::size_t running() const { return running_.size(); }
  /// The next one that has ended, at the latest after `timeout_s`; throws Interrupted.
  std::optional<ChildEnd> wait(double timeout_s);

 private:
  struct Running {
    pid_t process;
    std::uint64_t index;
  };
  std::optional<ChildEnd> reap();

  std::vector<Running> running_;
};

}  // namespace deltasim::sim
