#pragma once

#include "sim/cache/file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace deltasim::sim {

/// A folder of results that processes share, also over a network file system:
///
///     entries/KEY   content and a seal (key, size, digest of the content); complete or absent
///     drafts/       what is being written
///     locks/KEY     held by the process that computes KEY
///
/// An entry that is not what its seal says is reported, deleted and missing; it is never trusted. Whatever goes wrong
/// with the folder costs time and one warning, no result.
class Store {
 public:
  using Warn = std::function<void(const std::string&)>;

  /// `limit_bytes`: entries that were not used for the longest time make room for new ones; a larger one is not kept.
  /// Errors: InputError where `folder` is something else than a folder.
  Store(std::string folder, std::uint64_t limit_bytes, Warn warn);

  /// The right to compute an entry while nobody else does; ends with the value, or with the process.
  class Claim {
   public:
    ~Claim();  ///< the lock's file goes first, so that nobody else can have it
    Claim(Claim&&) noexcept = default;
    Claim& operator=(Claim&&) = delete;
    const std::string& key() const { return key_; }
    bool held() const { return file_.valid(); }  ///< else the folder cannot be written, and everybody computes

   private:
    friend class Store;
    Claim(std::string key, std::string path, OpenFile file)
        : key_(std::move(key)), path_(std::move(path)), file_(std::move(file)) {}
    std::string key_, path_;
    OpenFile file_;
  };
  /// Absent while another process has it.
  std::optional<Claim> claim(const std::string& key);

  /// An entry as it was found, undamaged; nobody deletes it as long as this value lives.
  class Entry {
   public:
    const std::string& path() const { return path_; }  ///< content begins the file, a seal ends it
    const std::string& key() const { return key_; }
    std::string content() const;

   private:
    friend class Store;
    std::string key_, path_;
    OpenFile file_;
    std::size_t size_ = 0;
  };
  std::optional<Entry> find(const std::string& key);
  /// For users who cannot read what an entry holds.
  void discard_damaged(const std::string& key);

  void keep(const Claim& claim, std::string_view content);
  /// Where another library may write a content; what remains there after its process is removed some time.
  std::string draft(const Claim& claim) const;
  /// The file `draft(claim)` becomes the entry.
  void keep_draft(const Claim& claim);
  /// From now on nothing is written; says so once.
  void give_up_writing(const std::string& reason);
  bool writable() const { return writable_; }
  std::uint64_t limit_bytes() const { return limit_bytes_; }

  std::uint64_t damaged() const { return damaged_.size(); }

 private:
  std::string entry_path(const std::string& key) const { return folder_ + "/entries/" + key; }
  bool seal(const OpenFile& file, const std::string& key) const;
  void make_room(std::uint64_t incoming);
  void remove_old_drafts();

  std::string folder_;
  std::uint64_t limit_bytes_;
  Warn warn_;
  bool writable_ = true;
  std::set<std::string> damaged_;
};

}  // namespace deltasim::sim
