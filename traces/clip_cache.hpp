#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::traces {

/// Decoded clips on disk, a file for each, so that a second training starts at once. Entries are written whole or not
/// at all; damaged ones count as absent. When the folder is full, entries of other sets make room (oldest first), those
/// of this set do not: a clip without an entry is decoded anew whenever it is needed. Safe to use from several threads
/// and processes.
class ClipCache {
 public:
  /// Entries of this set have names that begin with `set`. The folder is made where it is missing.
  /// Errors: InputError for a folder that cannot be written.
  ClipCache(std::string folder, std::string set, std::uint64_t limit_bytes);

  struct Entry {
    std::uint32_t frames = 0;  ///< of the clip
    bool stored = false;       ///< false: the clip was found sound, but there was no room for its frames
  };
  /// `name`: of the clip, unique in its set. Absent, too, where the entry is damaged.
  std::optional<Entry> find(const std::string& name) const;
  /// False where the entry is absent, damaged, or has no such frames.
  bool read(const std::string& name, std::size_t frame_bytes, std::uint32_t first, std::uint32_t count,
            std::uint8_t* to) const;
  void store(const std::string& name, std::size_t frame_bytes, const std::vector<std::uint8_t>& frames);

  std::uint64_t bytes() const;  ///< of all entries

 private:
  struct Foreign {
    std::string path;
    std::uint64_t bytes = 0;
    std::int64_t written = 0;
  };
  std::string path_of(const std::string& name) const;
  bool make_room(std::uint64_t bytes);

  std::string folder_, set_;
  std::uint64_t limit_ = 0;
  mutable std::mutex mutex_;  ///< guards what follows
  std::uint64_t used_ = 0;
  std::vector<Foreign> foreign_;  ///< the oldest last
};

/// FNV-1a over eight bytes at a time: names and checks what is stored.
std::uint64_t digest_of(const void* bytes, std::size_t size, std::uint64_t start = 0xcbf29ce484222325u);

}  // namespace deltasim::traces
