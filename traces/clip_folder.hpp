#pragma once

#include "traces/clip_files.hpp"
#include "traces/split.hpp"

/// Anybody's own clips: a folder for each class.
namespace deltasim::traces {

struct ClipFolderOptions : ClipOptions {
  std::string path;
  double test_share = 0.2;
  std::uint64_t seed = 1;
};

template <class Archive>
void describe(Archive& a, ClipFolderOptions& o) {
  a.required("path");
  a.path("path", o.path, "folder with a folder for each class, of films or folders of images; or with train and test");
  a.field("test_share", o.test_share, 0.0, 1.0,
          "share of every class that is tested with, at least one clip; without folders train and test");
  a.field("seed", o.seed, std::uint64_t{0}, ~std::uint64_t{0}, "decides which clips these are");
  describe(a, static_cast<ClipOptions&>(o));
}

/// One split of PATH/<class>/<clip>, or PATH/train/<class>/<clip> and PATH/test/<class>/<clip>. Classes in alphabetical
/// order. Errors: InputError for a folder without classes, a class without a clip, classes that differ.
std::unique_ptr<ClipFiles> open_clip_folder(const ClipFolderOptions& options, Split split,
                                            const ClipReports& reports = {});

}  // namespace deltasim::traces
