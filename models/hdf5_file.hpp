#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace deltasim::models {

/// An HDF5 file opened for reading. Paths inside it are absolute or relative to its root ("layer/1/weight").
/// Errors: InputError naming the file and the data set. Nothing is ever printed by the HDF5 library.
class Hdf5File {
 public:
  /// Errors: no such file, not HDF5, cut off or damaged.
  explicit Hdf5File(const std::string& path);
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  const std::string& path() const { return path_; }
  bool exists(const std::string& name) const;
  /// Names of a group's members, in the order of the file's index (by name).
  std::vector<std::string> members(const std::string& group) const;
  /// Extents of a data set; empty for a scalar.
  std::vector<std::uint64_t> extents(const std::string& dataset) const;
  /// All values of a numeric data set (integers up to 2^53, floats, booleans), row-major.
  std::vector<double> numbers(const std::string& dataset) const;
  /// A text, scalar or in an array of one; fixed or variable length.
  std::string text(const std::string& dataset) const;

 private:
  class Handle;
  [[noreturn]] void fail(const std::string& place, const std::string& problem, const std::string& remedy) const;
  Handle open_dataset(const std::string& name) const;

  std::string path_;
  std::unique_ptr<Handle> file_;
};

}  // namespace deltasim::models
