#pragma once

#include "sim/document.hpp"

#include <cstdio>
#include <map>
#include <string>

namespace deltasim::sim {

/// What an interrupted search has found out: one line of JSON for each result, written at once. A torn last line is
/// dropped. The first line says of what the results are; a file with another one is started anew.
class TrialLog {
 public:
  /// Errors: InputError where the file cannot be written.
  TrialLog(std::string path, const std::string& identity);
  ~TrialLog();
  TrialLog(const TrialLog&) = delete;
  TrialLog& operator=(const TrialLog&) = delete;

  const Json* find(const std::string& key) const;
  void add(const std::string& key, const Json& value);
  std::size_t found() const { return found_; }  ///< results of earlier runs

 private:
  void start(const std::string& identity);
  bool take_up(const std::string& identity);

  std::string path_;
  std::map<std::string, Json> results_;
  std::size_t found_ = 0;
  int file_ = -1;
};

}  // namespace deltasim::sim
