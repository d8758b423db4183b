#pragma once

#include <string>
#include <string_view>

namespace deltasim::traces {

/// A result file that is either complete or absent: written beside its target, renamed by commit().
class AtomicFile {
 public:
  /// Claims a temporary name beside `path` and creates it empty.
  /// Errors: InputError where the folder does not exist or cannot be written.
  explicit AtomicFile(std::string path);
  ~AtomicFile();  ///< removes the temporary file where commit() was not reached
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }
  const std::string& temporary() const { return temporary_; }  ///< write here
  void commit();                                               ///< renames to path(), replacing what is there

 private:
  std::string path_, temporary_;
  bool pending_ = true;
};

/// Writes a whole file atomically.
void write_file(const std::string& path, std::string_view contents);

}  // namespace deltasim::traces
