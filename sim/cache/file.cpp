#include "sim/cache/file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace deltasim::sim {
namespace {

/// A file system without locks locks nothing: work may then be done twice, and nothing worse.
bool lock(int descriptor, int kind) { return flock(descriptor, kind | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

}  // namespace

OpenFile::OpenFile(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}

OpenFile::~OpenFile() {
  if (valid()) ::close(descriptor_);
}

std::optional<struct stat> OpenFile::status() const {
  struct stat status {};
  if (!valid() || fstat(descriptor_, &status) != 0 || status.st_nlink == 0) return std::nullopt;
  return status;
}

bool OpenFile::lock_shared() const { return lock(descriptor_, LOCK_SH); }
bool OpenFile::lock_exclusive() const { return lock(descriptor_, LOCK_EX); }

bool OpenFile::write(const void* bytes, std::size_t size) const {
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t done = ::write(descriptor_, next, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    next += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

std::optional<std::string> OpenFile::read(std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const ssize_t got = pread(descriptor_, bytes.data() + at, size - at, static_cast<off_t>(at));
    if (got <= 0) return std::nullopt;
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace deltasim::sim
