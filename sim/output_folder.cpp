#include "sim/output_folder.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <stdlib.h>
#include <sys/stat.h>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* mark = ".deltasim-";  ///< temporary folders
constexpr const char* remedy = "a folder for the results that can be written";

/// Nothing in it but what interrupted runs may have left.
bool holds_nothing(const fs::path& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().filename().string().rfind(mark, 0) != 0) return false;
  return true;
}

fs::path nearest_existing(fs::path path) {
  std::error_code failed;
  while (!fs::exists(path, failed) && path.has_relative_path()) path = path.parent_path();
  return path;
}

fs::perms usual_permissions() {
  const mode_t mask = umask(0);
  umask(mask);
  return static_cast<fs::perms>(0777u & ~mask);
}

}  // namespace

OutputFolder::OutputFolder(std::string path, std::string result_file)
    : path_(std::move(path)), result_file_(std::move(result_file)) {
  std::error_code failed;
  target_ = fs::absolute(path_, failed).lexically_normal();
  if (!fs::path(target_).has_filename()) target_ = fs::path(target_).parent_path();
  const fs::path target = target_;
  existed_ = fs::exists(target, failed);
  const fs::path root = nearest_existing(target);
  if (!fs::is_directory(root, failed))
    throw models::InputError(path_, "", "'" + (existed_ ? path_ : root.string()) + "' is not a folder", remedy);
  if (existed_ && !holds_nothing(target) && !fs::exists(target / result_file_, failed))
    throw models::InputError(path_, "",
                             fmt::format("the folder is not empty and holds no earlier result ({})", result_file_),
                             "a new folder, an empty one, or one with an earlier result");
  temporary_ = (root / (std::string(mark) + "XXXXXX")).string();
  if (mkdtemp(temporary_.data()) == nullptr)
    throw models::InputError(path_, "", std::string("cannot be written (") + std::strerror(errno) + ")", remedy);
  fs::permissions(temporary_, usual_permissions(), failed);
}

OutputFolder::~OutputFolder() {
  std::error_code failed;  // a destructor has nobody to tell
  if (!temporary_.empty()) fs::remove_all(temporary_, failed);
}

void OutputFolder::move_files() {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(temporary_)) names.push_back(entry.path().filename());
  // The result file last: as long as it is the old one, so is the result
  std::sort(names.begin(), names.end(), [this](const fs::path& a, const fs::path& b) {
    return std::pair(a == result_file_, a) < std::pair(b == result_file_, b);
  });
  for (const auto& name : names) fs::rename(fs::path(temporary_) / name, fs::path(target_) / name);
}

void OutputFolder::commit() {
  if (existed_) {
    move_files();
    fs::remove_all(temporary_);
  } else {
    fs::create_directories(fs::path(target_).parent_path());
    fs::rename(temporary_, target_);
  }
  temporary_.clear();
}

}  // namespace deltasim::sim
