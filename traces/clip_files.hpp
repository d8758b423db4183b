#pragma once

#include "models/clip_source.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Labelled clips from files: what UCF101 and folders of clips have in common.
namespace deltasim::traces {

struct Region;

/// What becomes of a clip that is shorter than `least_frames`.
enum class ShortClips : std::uint8_t { repeat, loop, skip };
inline constexpr const char* names_of(ShortClips) { return "repeat,loop,skip"; }

/// From file to clip: every frame_step-th frame, shorter side resized, centre cut out.
struct ClipOptions {
  std::uint32_t width = 64;
  std::uint32_t height = 64;
  std::uint32_t shorter_side = 0;
  std::uint32_t frame_step = 1;
  std::uint32_t frames = 0;
  std::uint32_t least_frames = 32;
  ShortClips short_clips = ShortClips::repeat;
  std::string cache;
  double cache_gigabytes = 20.0;
  double memory_gigabytes = 1.0;
  std::uint32_t threads = 1;
};

template <class Archive>
void describe(Archive& a, ClipOptions& o) {
  a.field("width", o.width, 8u, 1024u, "pixels that the network sees: the middle of the picture");
  a.field("height", o.height, 8u, 1024u, "pixels");
  a.field("shorter_side", o.shorter_side, 0u, 4096u,
          "pixels to which the picture's shorter side is resized before its middle is cut out; 0: as far as it fits");
  a.field("frame_step", o.frame_step, 1u, 1000u, "every n-th frame of a clip");
  a.field("frames", o.frames, 0u, 1000000u, "at most so many frames of a clip, from its beginning; 0: all");
  a.field("least_frames", o.least_frames, 1u, 1000000u, "shorter clips are lengthened or left out: short_clips");
  a.choice("short_clips", o.short_clips,
           "repeat: their last frame stands still; loop: they begin again; skip: they are left out");
  a.path("cache", o.cache, "folder for decoded clips; empty: they are kept in memory");
  a.field("cache_gigabytes", o.cache_gigabytes, 0.0, 1e6, "limit of that folder; what does not fit is decoded anew");
  a.field("memory_gigabytes", o.memory_gigabytes, 0.0, 1e6, "limit of what is kept in memory, without a folder");
  a.field("threads", o.threads, 1u, 256u, "to decode with at the beginning");
}

/// How opening a set is followed. Both may be empty; both are called by one thread at a time.
struct ClipReports {
  std::function<void(std::size_t done, std::size_t all)> progress;
  std::function<void(const std::string& message)> message;  ///< a clip that is left out, and why
};

struct ClipFile {
  std::string path;  ///< a video, or a folder of images
  std::uint32_t label = 0;
  std::string problem;  ///< of the path, known beforehand: the clip is left out
};

/// Every clip is decoded once when the set is opened, so that damage is known before the training; with a cache, that
/// is the first time only. Clips that are missing, damaged or too short are left out.
class ClipFiles final : public models::ClipSource {
 public:
  /// `list`: what named the files, for messages. Errors: InputError for a class that is left with no clip.
  ClipFiles(std::vector<std::string> classes, const std::vector<ClipFile>& files, const std::string& list,
            const ClipOptions& options, const ClipReports& reports);
  ~ClipFiles() override;

  const std::vector<std::string>& classes() const override { return classes_; }
  models::Shape shape() const override { return {3, options_.height, options_.width}; }
  std::size_t size() const override { return clips_.size(); }
  const models::ClipInfo& info(std::size_t clip) const override { return clips_.at(clip); }
  void read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const override;

  /// A message for every clip that was left out.
  const std::vector<std::string>& left_out() const { return left_out_; }
  /// Clips that were decoded when the set was opened: not found in the cache.
  std::size_t decoded() const { return decoded_; }

 private:
  class Store;
  struct Outcome;
  Outcome open(const ClipFile& file) const;
  void require_clips(const std::vector<ClipFile>& files, const std::string& list) const;

  std::vector<std::string> classes_;
  ClipOptions options_;
  std::vector<models::ClipInfo> clips_;
  std::vector<std::uint32_t> lengths_;  ///< frames in the file, by clip
  std::vector<std::string> left_out_;
  std::size_t decoded_ = 0;
  std::unique_ptr<Store> store_;
};

/// The part of a picture that a clip shows.
Region clip_region(std::uint32_t width, std::uint32_t height, const ClipOptions& options);

}  // namespace deltasim::traces
