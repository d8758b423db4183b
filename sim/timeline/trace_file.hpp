#pragma once

#include "traces/atomic_file.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct gzFile_s;

namespace deltasim::sim {

/// A text of any length on its way into a file: compressed where the name ends in .gz, there under its name only when
/// it is complete.
class TraceFile {
 public:
  /// Errors: InputError where the file cannot be written; here and later (a full disk).
  explicit TraceFile(std::string path);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  const std::string& path() const { return file_.path(); }
  std::uint64_t bytes() const { return bytes_; }  ///< of text
  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail() const;

  traces::AtomicFile file_;
  gzFile_s* stream_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace deltasim::sim
