#include "traces/clip_folder.hpp"

#include "models/error.hpp"
#include "traces/natural_order.hpp"
#include "traces/procedural.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace deltasim::traces {

namespace fs = std::filesystem;
using models::InputError;

namespace {

/// Names in a folder, without hidden ones, in natural order.
std::vector<std::string> names_in(const fs::path& folder, bool folders_only) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name[0] != '.' && (entry.is_directory() || !folders_only)) names.push_back(name);
  }
  if (failed) throw InputError(folder.string(), "", "cannot be read (" + failed.message() + ")", "a readable folder");
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

std::vector<std::string> classes_in(const fs::path& folder) {
  auto classes = names_in(folder, true);
  if (classes.empty())
    throw InputError(folder.string(), "", "has no folder for a class", "<class>/<clip> for every clip");
  return classes;
}

/// Which clips of a class are tested with: those that come first in an order that the seed mixes.
std::vector<bool> tested(std::size_t clips, std::uint32_t label, const ClipFolderOptions& options) {
  std::vector<std::size_t> order(clips);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::uint64_t seed = scramble(options.seed, label);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scramble(seed, a) < scramble(seed, b); });
  const auto share = static_cast<std::size_t>(std::llround(options.test_share * static_cast<double>(clips)));
  // one at least of either kind, where there are two
  const std::size_t count = clips < 2 ? share : std::clamp<std::size_t>(share, 1, clips - 1);
  std::vector<bool> chosen(clips);
  for (std::size_t i = 0; i < count; ++i) chosen[order[i]] = true;
  return chosen;
}

void require_same(const fs::path& train, const fs::path& test) {
  const auto a = classes_in(train), b = classes_in(test);
  for (const auto& [have, other, folder] : {std::tuple{&a, &b, &test}, std::tuple{&b, &a, &train}})
    for (const auto& name : *have)
      if (std::find(other->begin(), other->end(), name) == other->end())
        throw InputError(folder->string(), fmt::format("class {}", name), "has no folder here",
                         "the same classes in train and in test");
}

}  // namespace

std::unique_ptr<ClipFiles> open_clip_folder(const ClipFolderOptions& options, Split split, const ClipReports& reports) {
  std::error_code failed;
  const fs::path root(options.path);
  if (!fs::is_directory(root, failed))
    throw InputError(options.path, "", "is not a folder",
                     "<class>/<clip>, or train/<class>/<clip> and test/<class>/<clip>");
  const fs::path train = root / "train", test = root / "test";
  const bool split_already = fs::is_directory(train, failed) && fs::is_directory(test, failed);
  if (split_already) require_same(train, test);
  const fs::path folder = !split_already ? root : split == Split::train ? train : test;
  const auto classes = classes_in(folder);
  std::vector<ClipFile> files;
  for (std::uint32_t label = 0; label < classes.size(); ++label) {
    const auto clips = names_in(folder / classes[label], false);
    const auto chosen = tested(clips.size(), label, options);
    for (std::size_t i = 0; i < clips.size(); ++i)
      if (split_already || chosen[i] == (split == Split::test))
        files.push_back({(folder / classes[label] / clips[i]).lexically_normal().string(), label, ""});
  }
  return std::make_unique<ClipFiles>(classes, files, folder.string(), options, reports);
}

}  // namespace deltasim::traces
