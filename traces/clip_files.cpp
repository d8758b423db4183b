#include "traces/clip_files.hpp"

#include "models/error.hpp"
#include "traces/clip_cache.hpp"
#include "traces/raster.hpp"
#include "traces/resize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

namespace deltasim::traces {

namespace fs = std::filesystem;
using models::InputError;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Frames as the network sees them, at most `limit` (0: all of the clip), one after another, C, H, W.
Bytes decode(const std::string& path, const ClipOptions& options, std::uint32_t limit) {
  std::error_code failed;
  const auto source = fs::is_directory(path, failed) ? open_image_folder(path) : open_video(path);
  const std::size_t pixels = std::size_t{options.width} * options.height;
  Bytes frames;
  Raster picture;
  for (std::uint32_t count = 0; limit == 0 || count < limit; ++count) {
    bool more = true;
    for (std::uint32_t i = 1; count > 0 && more && i < options.frame_step; ++i) more = source->skip();
    if (!more || !source->next(picture)) break;
    const Raster part = resize(picture, clip_region(picture.width, picture.height, options),
                               {options.width, options.height}, Filter::area);
    const std::size_t at = frames.size();
    frames.resize(at + 3 * pixels);
    for (std::size_t i = 0; i < pixels; ++i)
      for (std::size_t c = 0; c < 3; ++c) frames[at + c * pixels + i] = part.bytes[3 * i + c];
  }
  if (frames.empty()) throw InputError(path, "", "has no frames", "a clip with at least one");
  return frames;
}

std::uint64_t stamp_of(const fs::path& file, std::uint64_t start) {
  const std::string name = file.filename().string();
  const std::uint64_t size = fs::file_size(file);
  const std::int64_t written = fs::last_write_time(file).time_since_epoch().count();
  const std::uint64_t named = digest_of(name.data(), name.size(), start);
  return digest_of(&written, sizeof written, digest_of(&size, sizeof size, named));
}

/// Another name where the file has another size or time.
std::string entry_of(const fs::path& path) {
  const std::string whole = fs::absolute(path).lexically_normal().string();
  std::uint64_t stamp = digest_of(whole.data(), whole.size());
  if (fs::is_directory(path)) {
    std::vector<fs::path> images;
    for (const auto& image : fs::directory_iterator(path))
      if (image.is_regular_file()) images.push_back(image.path());
    std::sort(images.begin(), images.end());
    for (const auto& image : images) stamp = stamp_of(image, stamp);
  } else {
    stamp = stamp_of(path, stamp);
  }
  return fmt::format("{}-{:016x}", path.stem().string(), stamp);
}

std::string set_of(const ClipOptions& o) {
  const std::string made =
      fmt::format("{} {} {} {} {} {}", o.width, o.height, o.shorter_side, o.frame_step, o.frames, decoder_version());
  return fmt::format("{:08x}-", digest_of(made.data(), made.size()) & 0xffffffffu);
}

std::uint64_t bytes_of(double gigabytes) { return static_cast<std::uint64_t>(gigabytes * 1e9); }

}  // namespace

Region clip_region(std::uint32_t width, std::uint32_t height, const ClipOptions& options) {
  // source pixels per pixel of the clip: `side` / `target` on both axes
  std::uint64_t side = std::min(width, height), target = options.shorter_side;
  if (target == 0 || target < std::min(options.width, options.height)) {
    const bool wide = std::uint64_t{width} * options.height > std::uint64_t{height} * options.width;
    side = wide ? height : width;
    target = wide ? options.height : options.width;
  }
  const auto part = [&](std::uint32_t wanted, std::uint32_t whole) {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>((wanted * side + target / 2) / target, 1, whole));
  };
  Region region;
  region.width = part(options.width, width);
  region.height = part(options.height, height);
  region.x = (width - region.width) / 2;
  region.y = (height - region.height) / 2;
  return region;
}

/// Where decoded frames are: on disk, or in memory as far as there is room.
class ClipFiles::Store {
 public:
  explicit Store(const ClipOptions& options) : options_(options), memory_left_(bytes_of(options.memory_gigabytes)) {
    if (!options.cache.empty()) cache_.emplace(options.cache, set_of(options), bytes_of(options.cache_gigabytes));
  }

  /// Length of the clip in frames; `fresh` is set where it had to be decoded.
  std::uint32_t add(const std::string& path, bool& fresh) {
    if (cache_) {
      const auto entry = cache_->find(entry_of(path));
      if (entry) return entry->frames;
    }
    fresh = true;
    return static_cast<std::uint32_t>(keep(path, decode(path, options_, options_.frames)));
  }

  void read(const std::string& path, std::uint32_t first, std::uint32_t count, std::uint8_t* to) {
    if (const auto kept = find(path)) return copy(path, *kept, first, count, to);
    if (cache_) {
      const std::string entry = entry_of(path);
      if (cache_->read(entry, frame_bytes(), first, count, to)) return;
      const auto known = cache_->find(entry);
      if (!known || known->stored) {  // damaged: made again
        const Bytes frames = decode(path, options_, options_.frames);
        cache_->store(entry, frame_bytes(), frames);
        return copy(path, frames, first, count, to);
      }
    }
    copy(path, decode(path, options_, first + count), first, count, to);
  }

 private:
  std::size_t frame_bytes() const { return std::size_t{3} * options_.width * options_.height; }

  std::shared_ptr<const Bytes> find(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = kept_.find(path);
    return found == kept_.end() ? nullptr : found->second;
  }

  std::size_t keep(const std::string& path, Bytes frames) {
    const std::size_t count = frames.size() / frame_bytes();
    if (cache_) {
      cache_->store(entry_of(path), frame_bytes(), frames);
      return count;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (frames.size() > memory_left_) return count;
    memory_left_ -= frames.size();
    kept_[path] = std::make_shared<const Bytes>(std::move(frames));
    return count;
  }

  void copy(const std::string& path, const Bytes& frames, std::uint32_t first, std::uint32_t count,
            std::uint8_t* to) const {
    if ((std::size_t{first} + count) * frame_bytes() > frames.size())
      throw InputError(path, "", "has changed since it was opened: it is shorter now", "a file that stays as it is");
    std::memcpy(to, frames.data() + first * frame_bytes(), count * frame_bytes());
  }

  ClipOptions options_;
  std::optional<ClipCache> cache_;
  std::mutex mutex_;  ///< guards what follows
  std::map<std::string, std::shared_ptr<const Bytes>> kept_;
  std::uint64_t memory_left_;
};

struct ClipFiles::Outcome {
  std::uint32_t frames = 0;
  bool fresh = false;
  std::string problem;  ///< empty: sound
};

ClipFiles::Outcome ClipFiles::open(const ClipFile& file) const {
  Outcome outcome;
  outcome.problem = file.problem;
  if (!outcome.problem.empty()) return outcome;
  try {
    outcome.frames = store_->add(file.path, outcome.fresh);
  } catch (const InputError& error) {
    outcome.problem = error.what();
  } catch (const fs::filesystem_error& error) {
    outcome.problem = fmt::format("{}: cannot be read ({})", file.path, error.code().message());
  }
  if (outcome.problem.empty() && options_.short_clips == ShortClips::skip && outcome.frames < options_.least_frames)
    outcome.problem = fmt::format("{}: has {} frames; at least {} (least_frames), or short_clips repeat or loop",
                                  file.path, outcome.frames, options_.least_frames);
  return outcome;
}

ClipFiles::ClipFiles(std::vector<std::string> classes, const std::vector<ClipFile>& files, const std::string& list,
                     const ClipOptions& options, const ClipReports& reports)
    : classes_(std::move(classes)), options_(options), store_(std::make_unique<Store>(options)) {
  std::vector<Outcome> outcomes(files.size());
  std::atomic<std::size_t> next{0};
  std::size_t done = 0;
  std::mutex reporting;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) try {
        outcomes[i] = open(files[i]);
        const std::lock_guard<std::mutex> lock(reporting);
        if (!outcomes[i].problem.empty() && reports.message) reports.message(outcomes[i].problem);
        if (reports.progress) reports.progress(++done, files.size());
      } catch (...) {
        const std::lock_guard<std::mutex> lock(reporting);
        failure = std::current_exception();
        next = files.size();
      }
  };
  std::vector<std::thread> others;
  for (std::uint32_t i = 1; i < options.threads; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    decoded_ += outcome.fresh;
    if (!outcome.problem.empty()) {
      left_out_.push_back(outcome.problem);
      continue;
    }
    lengths_.push_back(outcome.frames);
    clips_.push_back({files[i].path, files[i].label, std::max(outcome.frames, options.least_frames)});
  }
  require_clips(files, list);
}

void ClipFiles::require_clips(const std::vector<ClipFile>& files, const std::string& list) const {
  std::vector<std::size_t> named(classes_.size()), sound(classes_.size());
  for (const auto& file : files) ++named[file.label];
  for (const auto& clip : clips_) ++sound[clip.label];
  for (std::size_t label = 0; label < classes_.size(); ++label) {
    if (sound[label] > 0) continue;
    const std::string place = fmt::format("class {}", classes_[label]);
    if (named[label] == 0) throw InputError(list, place, "has no clip", "a clip of every class");
    throw InputError(list, place,
                     fmt::format("has no clip left: all {} were left out{}", named[label],
                                 left_out_.empty() ? "" : " (" + left_out_.front() + ")"),
                     "a clip of every class that can be read");
  }
}

ClipFiles::~ClipFiles() = default;

void ClipFiles::read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const {
  const models::ClipInfo& known = info(clip);
  if (first > known.frames || count > known.frames - first)
    throw InputError(known.name, fmt::format("frames {} to {}", first, std::uint64_t{first} + count),
                     "are not all there", fmt::format("the clip has {} frames", known.frames));
  const std::uint32_t length = lengths_[clip];
  const std::size_t bytes = shape().size();
  for (std::uint32_t done = 0; done < count;) {
    const std::uint32_t wanted = first + done;
    const bool beyond = wanted >= length;
    const std::uint32_t from = !beyond                                    ? wanted
                               : options_.short_clips == ShortClips::loop ? wanted % length
                                                                          : length - 1;
    const std::uint32_t run = std::min(length - from, count - done);
    store_->read(known.name, from, run, to + done * bytes);
    done += run;
    if (options_.short_clips == ShortClips::loop) continue;
    for (; done > 0 && done < count; ++done)  // what is left repeats the last frame
      std::memcpy(to + done * bytes, to + (done - 1) * bytes, bytes);
  }
}

}  // namespace deltasim::traces
