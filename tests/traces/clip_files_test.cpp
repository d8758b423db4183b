#include "models/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/traces/film.hpp"
#include "traces/clip_cache.hpp"
#include "traces/clip_folder.hpp"
#include "traces/frames.hpp"
#include "traces/resize.hpp"
#include "traces/ucf101.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

using namespace deltasim;
using test::TemporaryFolder;
using traces::ClipFiles;
using traces::ClipFolderOptions;
using traces::ClipOptions;
using traces::ShortClips;
using traces::Split;
using traces::Ucf101Options;

namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes frames(const ClipFiles& clips, std::size_t clip, std::uint32_t first, std::uint32_t count) {
  Bytes bytes(count * clips.shape().size());
  clips.read(clip, first, count, bytes.data());
  return bytes;
}

Bytes frame(const ClipFiles& clips, std::size_t clip, std::uint32_t index) { return frames(clips, clip, index, 1); }

/// UCF101 in small: two classes of films that the test encodes, of 48 x 32 pixels.
struct SmallUcf {
  TemporaryFolder folder;

  SmallUcf() {
    folder.write("classInd.txt", "1 Archery\r\n2 HandstandPushups\n");
    film("Archery/v_Archery_g01_c01.avi", 12);
    film("Archery/v_Archery_g02_c01.avi", 9);
    film("HandstandPushups/v_HandStandPushups_g01_c01.avi", 5);
    folder.write("trainlist01.txt",
                 "Archery/v_Archery_g01_c01.avi 1\nHandstandPushups/v_HandStandPushups_g01_c01.avi 2\n");
    folder.write("testlist01.txt", "Archery/v_Archery_g02_c01.avi\nHandstandPushups/v_HandStandPushups_g01_c01.avi\n");
  }
  void film(const std::string& name, int length) const {
    fs::create_directories(fs::path(folder / name).parent_path());
    test::write_film(folder / name, "ffv1", 48, 32, length, 25, 1);
  }
  Ucf101Options options() const {
    Ucf101Options options;
    options.path = folder.path();
    options.width = options.height = 32;
    options.least_frames = 8;
    return options;
  }
  std::string error(Split split = Split::train) const {
    try {
      open_ucf101(options(), split);
    } catch (const models::InputError& error) {
      return error.what();
    }
    return "no error";
  }
};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Cuts a file off.
void truncate(const std::string& path, double share) {
  fs::resize_file(path, static_cast<std::uintmax_t>(static_cast<double>(fs::file_size(path)) * share));
}

std::vector<fs::path> entries(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

TEST_CASE("UCF101: lists, labels and pixels of both splits") {
  const SmallUcf ucf;
  const auto train = open_ucf101(ucf.options(), Split::train), test = open_ucf101(ucf.options(), Split::test);
  CHECK(train->classes() == std::vector<std::string>{"Archery", "HandstandPushups"});
  CHECK(train->shape() == models::Shape{3, 32, 32});
  REQUIRE(train->size() == 2);
  REQUIRE(test->size() == 2);
  CHECK(train->info(0).label == 0);
  CHECK(train->info(0).frames == 12);
  CHECK(train->info(1).label == 1);
  CHECK(test->info(0).frames == 9);
  CHECK(test->info(0).name == ucf.folder / "Archery/v_Archery_g02_c01.avi");
  CHECK(train->left_out().empty());
  const Bytes all = frames(*train, 0, 0, 12);
  for (std::uint32_t t = 0; t < 12; ++t)  // the middle 32 of 48 columns, television range
    for (int i = 0; i < 32 * 32; ++i) {
      const int luma = test::film_luma(static_cast<int>(t), 8 + i % 32, i / 32);
      REQUIRE(all[t * 3 * 1024 + 1024 + i] == std::lround((luma - 16) * 255.0 / 219.0));
    }
  CHECK(frame(*train, 0, 7) == Bytes(all.begin() + 7 * 3 * 1024, all.begin() + 8 * 3 * 1024));
}

TEST_CASE("UCF101: films in one folder, lists in another, and ucfTrainTestlist beside the films") {
  const SmallUcf ucf;
  const TemporaryFolder other;
  fs::create_directories(other / "films");
  for (const auto& film : fs::recursive_directory_iterator(ucf.folder.path()))
    if (film.path().extension() == ".avi")
      fs::copy_file(film.path(), fs::path(other / "films") / film.path().filename());
  auto options = ucf.options();
  options.path = other / "films";
  options.lists = ucf.folder.path();
  CHECK(open_ucf101(options, Split::test)->size() == 2);
  other.write("ucfTrainTestlist/classInd.txt", "1 Archery\n2 HandstandPushups\n");
  other.write("ucfTrainTestlist/testlist02.txt", "v_Archery_g02_c01.avi\nv_HandStandPushups_g01_c01.avi\n");
  options.lists = "";
  options.list = 2;
  const auto clips = open_ucf101(options, Split::test);
  REQUIRE(clips->size() == 2);
  CHECK(clips->info(1).label == 1);
}

TEST_CASE("UCF101: what is missing or damaged is named, left out and counted") {
  const SmallUcf ucf;
  ucf.film("Archery/v_Archery_g03_c01.avi", 20);
  truncate(ucf.folder / "Archery/v_Archery_g03_c01.avi", 0.5);
  ucf.folder.write("Archery/v_Archery_g04_c01.avi", "no film");
  ucf.folder.write("trainlist01.txt",
                   "Archery/v_Archery_g01_c01.avi 1\nArchery/v_Archery_g03_c01.avi 1\nArchery/v_Archery_g04_c01.avi\n"
                   "Archery/v_Archery_g05_c01.avi 1\nHandstandPushups/v_HandStandPushups_g01_c01.avi 2\n");
  std::vector<std::string> messages;
  std::vector<std::size_t> progress;
  traces::ClipReports reports;
  reports.message = [&](const std::string& message) { messages.push_back(message); };
  reports.progress = [&](std::size_t done, std::size_t all) {
    CHECK(all == 5);
    progress.push_back(done);
  };
  const auto clips = open_ucf101(ucf.options(), Split::train, reports);
  CHECK(clips->size() == 2);
  CHECK(clips->info(1).label == 1);
  CHECK(progress == std::vector<std::size_t>{1, 2, 3, 4, 5});
  REQUIRE(messages.size() == 3);
  CHECK(clips->left_out() == messages);
  const std::string place = ucf.folder / "Archery/v_Archery_g0";
  CHECK(messages[0].find(place + "3_c01.avi: ") == 0);
  CHECK(messages[1].find(place + "4_c01.avi: is not a video or image, or is truncated") == 0);
  CHECK(messages[2] == place + "5_c01.avi: no such file");
}

TEST_CASE("UCF101: a class that is empty, or whose clips are all damaged, is an error") {
  const SmallUcf ucf;
  const std::string list = ucf.folder / "trainlist01.txt";
  ucf.folder.write("trainlist01.txt", "Archery/v_Archery_g01_c01.avi 1\n");
  CHECK(ucf.error() == list + ": class HandstandPushups: has no clip; a clip of every class");
  ucf.folder.write("trainlist01.txt",
                   "Archery/v_Archery_g01_c01.avi 1\nHandstandPushups/v_HandStandPushups_g07_c01.avi\n");
  CHECK(ucf.error() == list + ": class HandstandPushups: has no clip left: all 1 were left out (" +
                           (ucf.folder / "HandstandPushups/v_HandStandPushups_g07_c01.avi") +
                           ": no such file); a clip of every class that can be read");
}

TEST_CASE("UCF101: lists with mistakes name the line") {
  const SmallUcf ucf;
  const std::string list = ucf.folder / "trainlist01.txt", classes = ucf.folder / "classInd.txt";
  const auto with = [&](const std::string& line) {
    ucf.folder.write("trainlist01.txt", "Archery/v_Archery_g01_c01.avi 1\n\n" + line + "\n");
    return ucf.error();
  };
  CHECK(with("Diving/v_Diving_g01_c01.avi 3") ==
        list +
            ": line 3: 'Diving/v_Diving_g01_c01.avi' is of no class of classInd.txt; one of its 2 classes, such as "
            "Archery");
  CHECK(with("film.avi") == list + ": line 3: 'film.avi' names no class; '<Class>/v_<Class>_g01_c01.avi'");
  CHECK(with("Archery/v_Archery_g02_c01.avi 2") ==
        list + ": line 3: '2' for a clip of class Archery; 1, its number in classInd.txt, or nothing");
  CHECK(with("Archery/v_Archery_g02_c01.avi one") ==
        list + ": line 3: 'one' for a clip of class Archery; 1, its number in classInd.txt, or nothing");
  ucf.folder.write("classInd.txt", "1 Archery\n3 Diving\n");
  CHECK(ucf.error() == classes + ": line 2: '3 Diving'; '2 <Class>'");
  ucf.folder.write("classInd.txt", "\n");
  CHECK(ucf.error() == classes + ": names no class; lines '1 <Class>'");
  fs::remove(classes);
  CHECK(ucf.error() == ucf.folder.path() +
                           ": has no classInd.txt, nor has ucfTrainTestlist in it or beside it; set 'lists' to the "
                           "folder of classInd.txt, trainlist01.txt and testlist01.txt");
  auto nowhere = ucf.options();
  nowhere.path = ucf.folder / "nowhere";
  CHECK_THROWS_WITH_AS(open_ucf101(nowhere, Split::train),
                       (nowhere.path + ": is not a folder; the folder of UCF101's films").c_str(), models::InputError);
}

TEST_CASE("clips that are too short stand still, begin again or are left out, at the limit nothing happens") {
  const SmallUcf ucf;
  auto options = ucf.options();
  options.least_frames = 5;
  CHECK(open_ucf101(options, Split::train)->info(1).frames == 5);
  options.least_frames = 12;
  const auto still = open_ucf101(options, Split::train);
  CHECK(still->info(1).frames == 12);
  CHECK(frame(*still, 1, 5) == frame(*still, 1, 4));
  CHECK(frame(*still, 1, 11) == frame(*still, 1, 4));
  CHECK(frame(*still, 1, 4) != frame(*still, 1, 3));
  options.short_clips = ShortClips::loop;
  const auto loop = open_ucf101(options, Split::train);
  const Bytes all = frames(*loop, 1, 0, 12);
  for (std::uint32_t t = 0; t < 12; ++t) CHECK(frame(*loop, 1, t) == frame(*still, 1, t % 5));
  CHECK(Bytes(all.begin() + 10 * 3072, all.end()) == frames(*still, 1, 0, 2));
  const Bytes tail = frames(*still, 1, 3, 4);
  CHECK(Bytes(tail.begin() + 3072, tail.begin() + 2 * 3072) == Bytes(tail.begin() + 3 * 3072, tail.end()));
  ucf.film("HandstandPushups/v_HandStandPushups_g02_c01.avi", 12);
  ucf.folder.write("trainlist01.txt",
                   "Archery/v_Archery_g01_c01.avi 1\nHandstandPushups/v_HandStandPushups_g01_c01.avi 2\n"
                   "HandstandPushups/v_HandStandPushups_g02_c01.avi 2\n");
  options.short_clips = ShortClips::skip;
  const auto skipped = open_ucf101(options, Split::train);
  CHECK(skipped->size() == 2);
  CHECK(skipped->left_out() ==
        std::vector<std::string>{ucf.folder / "HandstandPushups/v_HandStandPushups_g01_c01.avi" +
                                 ": has 5 frames; at least 12 (least_frames), or short_clips repeat or loop"});
}

TEST_CASE("frame step and limit choose among a clip's frames") {
  const SmallUcf ucf;
  auto options = ucf.options();
  options.least_frames = 1;
  const auto every = open_ucf101(options, Split::train);
  options.frame_step = 3;
  const auto third = open_ucf101(options, Split::train);
  CHECK(third->info(0).frames == 4);
  for (std::uint32_t t = 0; t < 4; ++t) CHECK(frame(*third, 0, t) == frame(*every, 0, 3 * t));
  options.frames = 2;
  CHECK(open_ucf101(options, Split::train)->info(0).frames == 2);
}

TEST_CASE("a clip shows the middle of the picture, its shorter side resized as asked") {
  ClipOptions options;
  options.width = options.height = 112;
  const auto region = [&options](std::uint32_t width, std::uint32_t height) {
    const auto r = traces::clip_region(width, height, options);
    return std::vector<std::uint32_t>{r.x, r.y, r.width, r.height};
  };
  CHECK(region(320, 240) == std::vector<std::uint32_t>{40, 0, 240, 240});
  CHECK(region(240, 320) == std::vector<std::uint32_t>{0, 40, 240, 240});
  options.shorter_side = 128;  // 112 / 128 of 240
  CHECK(region(320, 240) == std::vector<std::uint32_t>{55, 15, 210, 210});
  options.width = 160;
  options.shorter_side = 0;
  CHECK(region(320, 240) == std::vector<std::uint32_t>{0, 8, 320, 224});
}

TEST_CASE("with a cache, the second opening decodes nothing and reads the same, damage is mended") {
  const SmallUcf ucf;
  const TemporaryFolder cache;
  auto options = ucf.options();
  const auto plain = open_ucf101(options, Split::train);
  CHECK(plain->decoded() == 2);
  options.cache = cache / "clips";
  CHECK(open_ucf101(options, Split::train)->decoded() == 2);
  const auto files = entries(options.cache);
  REQUIRE(files.size() == 2);
  const auto second = open_ucf101(options, Split::train);
  CHECK(second->decoded() == 0);
  CHECK(second->info(0).frames == 12);
  CHECK(frames(*second, 0, 0, 12) == frames(*plain, 0, 0, 12));
  CHECK(frames(*second, 1, 2, 3) == frames(*plain, 1, 2, 3));
  SUBCASE("cut off") {
    truncate(files[0].string(), 0.7);
    const auto third = open_ucf101(options, Split::train);
    CHECK(third->decoded() == 1);
    CHECK(frames(*third, 0, 0, 12) == frames(*plain, 0, 0, 12));
  }
  SUBCASE("a bit turned") {
    std::fstream file(files[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(files[0])) - 5);
    file.put('\x55');
    file.close();
    CHECK(frames(*second, 0, 0, 12) == frames(*plain, 0, 0, 12));
    CHECK(frames(*open_ucf101(options, Split::train), 0, 11, 1) == frames(*plain, 0, 11, 1));
  }
  SUBCASE("another size is another set; a newer film another entry") {
    options.width = 16;
    CHECK(open_ucf101(options, Split::train)->decoded() == 2);
    options.width = 32;
    ucf.film("Archery/v_Archery_g01_c01.avi", 10);
    const auto newer = open_ucf101(options, Split::train);
    CHECK(newer->decoded() == 1);
    CHECK(newer->info(0).frames == 10);
  }
}

TEST_CASE("a full cache lets entries of other sets go, keeps its own, and what does not fit is decoded anew") {
  const SmallUcf ucf;
  const TemporaryFolder cache;
  auto options = ucf.options();
  options.cache = cache.path();
  open_ucf101(options, Split::train);
  const std::uint64_t used = traces::ClipCache(options.cache, "", 0).bytes();
  CHECK(used > 17 * 3072);  // 12 + 5 frames
  CHECK(used < 18 * 3072);
  options.frames = 100;  // the same frames, another set
  options.cache_gigabytes = 15 * 3072 / 1e9;
  const auto plain = open_ucf101(options, Split::train);
  CHECK(entries(cache.path()).size() == 2);  // the others made room; the second has its length only
  CHECK(traces::ClipCache(options.cache, "", 0).bytes() < 13 * 3072);
  const auto again = open_ucf101(options, Split::train);
  CHECK(again->decoded() == 0);
  CHECK(again->info(1).frames == 8);
  options.cache = "";
  const auto memory = open_ucf101(options, Split::train);
  options.memory_gigabytes = 0.0;
  const auto nothing = open_ucf101(options, Split::train);
  for (std::size_t clip = 0; clip < 2; ++clip)
    for (const auto* set : {again.get(), nothing.get()}) {
      CHECK(frames(*set, clip, 0, 8) == frames(*memory, clip, 0, 8));
      CHECK(frames(*set, clip, 3, 2) == frames(*memory, clip, 3, 2));
    }
}

TEST_CASE("several threads decode and read the same clips as one") {
  const SmallUcf ucf;
  auto options = ucf.options();
  const auto one = open_ucf101(options, Split::train);
  options.threads = 3;
  options.memory_gigabytes = 0.0;
  const auto many = open_ucf101(options, Split::train);
  REQUIRE(many->size() == 2);
  std::vector<std::vector<Bytes>> read(3, std::vector<Bytes>(2));
  std::vector<std::thread> threads;
  for (auto& own : read)
    threads.emplace_back([&] {
      for (std::size_t clip = 0; clip < 2; ++clip) own[clip] = frames(*many, clip, 0, 8);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& own : read)
    for (std::size_t clip = 0; clip < 2; ++clip) CHECK(own[clip] == frames(*one, clip, 0, 8));
}

TEST_CASE("a folder for each class: films and folders of images, split by a seed") {
  const TemporaryFolder folder;
  for (int i = 0; i < 10; ++i) {
    for (const char* name : {"walk", "run"}) fs::create_directories(folder / name);
    test::write_film(folder / ("walk/clip" + std::to_string(i) + ".avi"), "ffv1", 32, 32, 4, 25, 1);
    const std::string clip = "run/clip" + std::to_string(i) + "/";
    for (int t = 0; t < 3; ++t)
      folder.write(clip + std::to_string(t) + ".ppm",
                   "P6\n32 32\n255\n" + std::string(32 * 32 * 3, static_cast<char>(20 * i + t)));
  }
  ClipFolderOptions options;
  options.path = folder.path();
  options.width = options.height = 16;
  options.least_frames = 1;
  options.test_share = 0.3;
  const auto train = open_clip_folder(options, Split::train), test = open_clip_folder(options, Split::test);
  CHECK(train->classes() == std::vector<std::string>{"run", "walk"});
  CHECK(train->size() == 14);
  CHECK(test->size() == 6);
  std::set<std::string> names, tested;
  for (std::size_t i = 0; i < train->size(); ++i) names.insert(train->info(i).name);
  for (std::size_t i = 0; i < test->size(); ++i) tested.insert(test->info(i).name);
  names.insert(tested.begin(), tested.end());
  CHECK(names.size() == 20);
  CHECK(test->info(0).label == 0);
  CHECK(test->info(0).frames == 3);
  CHECK(test->info(3).frames == 4);
  const int clip = test->info(0).name.back() - '0';
  CHECK(frame(*test, 0, 2) == Bytes(3 * 16 * 16, static_cast<std::uint8_t>(20 * clip + 2)));
  std::set<std::string> other;
  options.seed = 2;
  const auto second = open_clip_folder(options, Split::test);
  for (std::size_t i = 0; i < second->size(); ++i) other.insert(second->info(i).name);
  CHECK(other.size() == 6);
  CHECK(other != tested);
  options.test_share = 0.0;
  CHECK(open_clip_folder(options, Split::test)->size() == 2);
  options.test_share = 1.0;
  CHECK(open_clip_folder(options, Split::train)->size() == 2);
}

TEST_CASE("a folder with train and test is split already, classes without clips and that differ are errors") {
  const TemporaryFolder folder;
  for (const char* clip : {"train/a/1.avi", "train/b/1.avi", "test/a/2.avi", "test/b/2.avi", "test/b/3.avi"}) {
    fs::create_directories(fs::path(folder / clip).parent_path());
    test::write_film(folder / clip, "ffv1", 32, 32, 4, 25, 1);
  }
  ClipFolderOptions options;
  options.path = folder.path();
  CHECK(open_clip_folder(options, Split::train)->size() == 2);
  CHECK(open_clip_folder(options, Split::test)->size() == 3);
  const auto refused = [&](const std::string& message) {
    CHECK_THROWS_WITH_AS(open_clip_folder(options, Split::test), message.c_str(), models::InputError);
  };
  fs::remove(folder / "test/a/2.avi");
  refused((folder / "test") + ": class a: has no clip; a clip of every class");
  fs::create_directories(folder / "train/c");
  refused((folder / "test") + ": class c: has no folder here; the same classes in train and in test");
  options.path = folder / "train/c";
  refused(options.path + ": has no folder for a class; <class>/<clip> for every clip");
  options.path = folder / "test/b/3.avi";
  refused(options.path + ": is not a folder; <class>/<clip>, or train/<class>/<clip> and test/<class>/<clip>");
}

TEST_CASE("UCF101's own clips run through the loader, missing and damaged ones among them") {
  const auto soccer = test::data_file("videos/v_SoccerJuggling_g23_c01.avi");
  const auto second = test::data_file("videos/v_SoccerJuggling_g24_c01.avi");
  const auto eyes = test::data_file("videos/v_ApplyEyeMakeup_test.avi");
  if (!soccer || !second || !eyes) {
    MESSAGE("skipped: no shared data");
    return;
  }
  const TemporaryFolder folder;
  fs::create_symlink(*soccer, folder / "v_SoccerJuggling_g23_c01.avi");
  fs::create_symlink(*eyes, folder / "v_ApplyEyeMakeup_g01_c01.avi");
  const std::string whole = bytes_of(*second);
  folder.write("v_SoccerJuggling_g24_c01.avi", whole.substr(0, whole.size() / 3));
  folder.write("classInd.txt", "1 ApplyEyeMakeup\n2 SoccerJuggling\n");
  folder.write("trainlist01.txt",
               "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi 1\nSoccerJuggling/v_SoccerJuggling_g23_c01.avi 2\n"
               "SoccerJuggling/v_SoccerJuggling_g24_c01.avi 2\nSoccerJuggling/v_SoccerJuggling_g25_c01.avi 2\n");
  Ucf101Options options;
  options.path = folder.path();
  options.width = options.height = 56;
  const auto clips = open_ucf101(options, Split::train);
  CHECK(clips->size() == 2);
  CHECK(clips->info(0).frames > 40);
  CHECK(clips->left_out().size() == 2);
  CHECK(clips->left_out().back() == (folder / "SoccerJuggling/v_SoccerJuggling_g25_c01.avi") + ": no such file");
  // the same pixels as the input of a run
  traces::FrameOptions run;
  run.path = *soccer;
  run.crop.kind = traces::CropKind::center;
  const auto source = traces::open_frames(run, {3, 56, 56});
  models::Frame shown;
  for (std::uint32_t t = 0; t < 3; ++t) {
    REQUIRE(source->next(shown));
    const Bytes bytes = frame(*clips, 1, t);
    CHECK(shown.values == std::vector<float>(bytes.begin(), bytes.end()));
  }
}
