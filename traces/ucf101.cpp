#include "traces/ucf101.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>

namespace deltasim::traces {

namespace fs = std::filesystem;
using models::InputError;

namespace {

struct Line {
  std::size_t number = 0;
  std::string first, second;  ///< the two fields; the second may be missing
};

std::vector<Line> read_lines(const std::string& path, const std::string& remedy) {
  std::ifstream file(path);
  if (!file || fs::is_directory(path)) throw InputError(path, "", "cannot be opened", remedy);
  std::vector<Line> lines;
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    const auto end = text.find_last_not_of(" \t\r");
    if (end == std::string::npos) continue;
    text.resize(end + 1);
    const auto blank = text.find_first_of(" \t");
    Line line{number, text.substr(0, blank), ""};
    if (blank != std::string::npos) line.second = text.substr(text.find_last_of(" \t") + 1);
    lines.push_back(line);
  }
  return lines;
}

std::optional<std::uint32_t> number_of(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Lines "1 ApplyEyeMakeup", counted from 1.
std::vector<std::string> read_classes(const std::string& path) {
  std::vector<std::string> classes;
  for (const Line& line : read_lines(path, "the list of classes that comes with UCF101")) {
    const auto number = number_of(line.first);
    if (!number || *number != classes.size() + 1 || line.second.empty())
      throw InputError(path, fmt::format("line {}", line.number), fmt::format("'{} {}'", line.first, line.second),
                       fmt::format("'{} <Class>'", classes.size() + 1));
    classes.push_back(line.second);
  }
  if (classes.empty()) throw InputError(path, "", "names no class", "lines '1 <Class>'");
  return classes;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Class of "Class/v_Class_g01_c01.avi", or of the name alone. In lower case: UCF101 has HandstandPushups in folders
/// and HandStandPushups in names.
std::string class_of(const std::string& clip) {
  const auto folder = clip.find('/');
  if (folder != std::string::npos) return lower(clip.substr(0, folder));
  const auto end = clip.rfind("_g");
  if (clip.compare(0, 2, "v_") != 0 || end == std::string::npos || end < 3) return "";
  return lower(clip.substr(2, end - 2));
}

std::string list_folder(const Ucf101Options& options) {
  if (!options.lists.empty()) return options.lists;
  const fs::path films(options.path);
  for (const auto& folder : {films, films / "ucfTrainTestlist", films / ".." / "ucfTrainTestlist"}) {
    std::error_code failed;
    if (fs::exists(folder / "classInd.txt", failed)) return folder.lexically_normal().string();
  }
  throw InputError(options.path, "", "has no classInd.txt, nor has ucfTrainTestlist in it or beside it",
                   "set 'lists' to the folder of classInd.txt, trainlist01.txt and testlist01.txt");
}

ClipFile find_film(const fs::path& films, const std::string& clip, std::uint32_t label) {
  std::error_code failed;
  const fs::path beside = films / fs::path(clip).filename();
  if (fs::exists(films / clip, failed)) return {(films / clip).lexically_normal().string(), label, ""};
  if (fs::exists(beside, failed)) return {beside.lexically_normal().string(), label, ""};
  const std::string path = (films / clip).lexically_normal().string();
  return {path, label, path + ": no such file"};
}

std::vector<ClipFile> read_list(const std::string& path, const Ucf101Options& options,
                                const std::vector<std::string>& classes) {
  std::map<std::string, std::uint32_t> labels;
  for (std::uint32_t i = 0; i < classes.size(); ++i) labels[lower(classes[i])] = i;
  std::vector<ClipFile> files;
  for (const Line& line : read_lines(path, "a list that comes with UCF101, of clips to train on or to test with")) {
    const auto fail = [&](const std::string& problem, const std::string& remedy) {
      throw InputError(path, fmt::format("line {}", line.number), problem, remedy);
    };
    const std::string name = class_of(line.first);
    if (name.empty()) fail(fmt::format("'{}' names no class", line.first), "'<Class>/v_<Class>_g01_c01.avi'");
    const auto label = labels.find(name);
    if (label == labels.end())
      fail(fmt::format("'{}' is of no class of classInd.txt", line.first),
           fmt::format("one of its {} classes, such as {}", classes.size(), classes.front()));
    const auto number = number_of(line.second);
    if (!line.second.empty() && (!number || *number != label->second + 1))
      fail(fmt::format("'{}' for a clip of class {}", line.second, classes[label->second]),
           fmt::format("{}, its number in classInd.txt, or nothing", label->second + 1));
    files.push_back(find_film(options.path, line.first, label->second));
  }
  return files;
}

}  // namespace

std::unique_ptr<ClipFiles> open_ucf101(const Ucf101Options& options, Split split, const ClipReports& reports) {
  std::error_code failed;
  if (!fs::is_directory(options.path, failed))
    throw InputError(options.path, "", "is not a folder", "the folder of UCF101's films");
  const fs::path lists = list_folder(options);
  const auto classes = read_classes((lists / "classInd.txt").string());
  const std::string list =
      (lists / fmt::format("{}list0{}.txt", split == Split::train ? "train" : "test", options.list)).string();
  return std::make_unique<ClipFiles>(classes, read_list(list, options, classes), list, options, reports);
}

}  // namespace deltasim::traces
