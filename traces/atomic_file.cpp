#include "traces/atomic_file.hpp"

#include "models/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace deltasim::traces {

namespace {

std::string reason(int error) { return std::strerror(error); }

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  const std::filesystem::path target(path_);
  if (std::filesystem::is_directory(target))
    throw models::InputError(path_, "", "is a folder", "the name of a file to write");
  // The same folder, since rename() is atomic only within a file system; the process id, since sweeps run side by side.
  for (int attempt = 0;; ++attempt) {
    const std::string name =
        "." + target.filename().string() + "." + std::to_string(::getpid()) + "-" + std::to_string(attempt) + ".part";
    temporary_ = (target.parent_path() / name).string();
    const int descriptor = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      ::close(descriptor);
      return;
    }
    if (errno != EEXIST || attempt > 1000)
      throw models::InputError(path_, "", "cannot be written (" + reason(errno) + ")",
                               "name a file in a folder that exists and is writable");
  }
}

AtomicFile::~AtomicFile() {
  if (pending_) ::unlink(temporary_.c_str());
}

void AtomicFile::commit() {
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
    throw models::InputError(path_, "", "cannot be written (" + reason(errno) + ")",
                             "name a file in a folder that exists and is writable");
  pending_ = false;
}

void write_file(const std::string& path, std::string_view contents) {
  AtomicFile file(path);
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  stream.close();
  if (!stream)
    throw models::InputError(path, "", "could not be written completely (" + reason(errno) + ")",
                             "make room on the disk");
  file.commit();
}

}  // namespace deltasim::traces
