#pragma once

#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>

/// Open files and the locks on them, without exceptions: a cache does without what it cannot have.
namespace deltasim::sim {

class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const std::string& path, int flags);
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  bool valid() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  /// Absent where the file is not open, or no name leads to it any more.
  std::optional<struct stat> status() const;
  /// With flock: the kernel frees it when its holder dies. False where another one has it.
  bool lock_shared() const;
  bool lock_exclusive() const;
  bool write(const void* bytes, std::size_t size) const;
  std::optional<std::string> read(std::size_t size) const;  ///< the first `size` bytes

 private:
  int descriptor_ = -1;
};

}  // namespace deltasim::sim
