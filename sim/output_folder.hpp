#pragma once

#include <string>

namespace deltasim::sim {

/// A folder of results that is either complete or absent: written under a temporary name, renamed by commit().
/// A folder with an earlier result is kept, its files are replaced one by one, `result_file` last.
class OutputFolder {
 public:
  /// Claims the temporary name, before any work starts. Errors: InputError where `path` cannot be written, is a file,
  /// or is a folder with something else than an earlier result in it.
  explicit OutputFolder(std::string path, std::string result_file = "report.json");
  ~OutputFolder();  ///< removes the temporary folder where commit() was not reached
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  const std::string& path() const { return path_; }  ///< as given
  /// Where to write the file `name` of the result.
  std::string file(const std::string& name) const { return temporary_ + "/" + name; }
  void commit();

 private:
  void move_files();

  std::string path_, result_file_, temporary_;
  std::string target_;  ///< absolute
  bool existed_ = false;
};

}  // namespace deltasim::sim
