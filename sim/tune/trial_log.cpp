#include "sim/tune/trial_log.hpp"

#include "models/error.hpp"
#include "traces/atomic_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

namespace deltasim::sim {

TrialLog::TrialLog(std::string path, const std::string& identity) : path_(std::move(path)) {
  if (!take_up(identity)) start(identity);
  file_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0)
    throw models::InputError(path_, "", std::string("cannot be written (") + std::strerror(errno) + ")",
                             "a folder for the results that can be written");
}

TrialLog::~TrialLog() {
  if (file_ >= 0) close(file_);
}

void TrialLog::start(const std::string& identity) {
  traces::write_file(path_, Json{{"trials_of", identity}}.dump() + "\n");
}

/// Lines up to the first that is torn; what follows is cut off.
bool TrialLog::take_up(const std::string& identity) {
  std::ifstream in(path_, std::ios::binary);
  std::string line;
  if (!std::getline(in, line) || in.eof()) return false;
  const Json head = Json::parse(line, nullptr, false);
  if (!head.is_object() || !head.contains("trials_of") || head["trials_of"] != identity) return false;
  std::streamoff good = in.tellg();
  while (std::getline(in, line) && !in.eof()) {
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("key") || !entry["key"].is_string() || !entry.contains("value")) break;
    results_[entry["key"].get<std::string>()] = entry["value"];
    good = in.tellg();
  }
  in.close();
  found_ = results_.size();
  return truncate(path_.c_str(), good) == 0;
}

const Json* TrialLog::find(const std::string& key) const {
  const auto at = results_.find(key);
  return at == results_.end() ? nullptr : &at->second;
}

void TrialLog::add(const std::string& key, const Json& value) {
  results_[key] = value;
  const std::string line = Json{{"key", key}, {"value", value}}.dump() + "\n";
  if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw models::InputError(path_, "", std::string("cannot be written (") + std::strerror(errno) + ")",
                             "room on the disk; the same command then goes on from here");
}

}  // namespace deltasim::sim
