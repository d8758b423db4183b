#pragma once

#include "sim/document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace deltasim::sim {

/// The right to work on something in a sweep's folder; ends with the process, however it ends. A lock on one byte of
/// the file `claims`: a million points need no million files, and network file systems know it.
class Claim {
 public:
  explicit Claim(int descriptor) : descriptor_(descriptor) {}
  ~Claim();
  Claim(Claim&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Claim& operator=(Claim&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  /// A child process that inherits it holds it, too.
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

enum class PointState { left, done, failed };

/// DIR of a sweep: sweep.json, sweep.csv, points/<id> (report.json where done, failure.json where failed),
/// unfinished/<id> (half written, of a point that is claimed), cache, claims.
class SweepFolder {
 public:
  explicit SweepFolder(std::string path) : path_(std::move(path)) {}

  /// Makes the folder where it does not exist. Errors: InputError where it cannot be written or holds something else.
  void open_for_writing();
  /// Errors: InputError where it is not a sweep's folder.
  void require_sweep() const;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string point(const std::string& id) const { return path_ + "/points/" + id; }
  std::string unfinished(const std::string& id) const { return path_ + "/unfinished/" + id; }

  PointState state(const std::string& id) const;
  /// Of a point; absent: somebody else has it.
  std::optional<Claim> claim(std::uint64_t index) const;
  /// To write what is about the whole sweep; waits.
  Claim claim_tables() const;
  /// Points that are claimed at the moment, at most `most`.
  std::vector<std::uint64_t> claimed(std::size_t most) const;

  /// An empty folder for the files of a claimed point.
  void prepare(const std::string& id) const;
  /// unfinished/<id> becomes points/<id>.
  void finish(const std::string& id) const;
  /// Takes a failed point's record away.
  void forget(const std::string& id) const;

 private:
  int open_claims() const;

  std::string path_;
};

}  // namespace deltasim::sim
