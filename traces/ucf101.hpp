#pragma once

#include "traces/clip_files.hpp"
#include "traces/split.hpp"

/// UCF101 (Soomro, Zamir, Shah 2012) as its authors distribute it: a folder of films and three ways to split it.
namespace deltasim::traces {

struct Ucf101Options : ClipOptions {
  std::string path;
  std::string lists;
  std::uint32_t list = 1;
};

template <class Archive>
void describe(Archive& a, Ucf101Options& o) {
  a.required("path");
  a.path("path", o.path, "folder of v_<Class>_gNN_cNN.avi, in a folder for each class or all in one");
  a.path("lists", o.lists,
         "folder of classInd.txt, trainlist0N.txt and testlist0N.txt; empty: the folder of the films, or "
         "ucfTrainTestlist in it or beside it");
  a.field("list", o.list, 1u, 9u, "N: which of the ways to split");
  describe(a, static_cast<ClipOptions&>(o));
}

/// The clips of one list. Errors: InputError for lists that are missing or malformed (file and line), and for a class
/// without a clip.
std::unique_ptr<ClipFiles> open_ucf101(const Ucf101Options& options, Split split, const ClipReports& reports = {});

}  // namespace deltasim::traces
