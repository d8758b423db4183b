#include "sim/cache/store.hpp"

#include "models/error.hpp"
#include "sim/cache/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t seal_size = 160;

/// The end of every entry: readable text of a fixed size.
std::string seal_text(const std::string& key, std::uint64_t size, const std::string& digest) {
  return fmt::format("{:<{}}\n", fmt::format("\ndeltasim cache entry {} {} {}", key, size, digest), seal_size - 1);
}

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

bool same_file(const struct stat& a, const struct stat& b) { return a.st_ino == b.st_ino && a.st_dev == b.st_dev; }

/// Whether `file` is what stands under `path` now.
bool stands_at(const OpenFile& file, const std::string& path) {
  struct stat there {};
  const auto here = file.status();
  return here && stat(path.c_str(), &there) == 0 && same_file(*here, there);
}

/// The key in the name of a draft, whichever library named it: KEY.* or .KEY.*
std::string key_of_draft(const std::string& name) {
  const std::size_t begin = name.find_first_not_of('.');
  return begin == std::string::npos ? "" : name.substr(begin, name.find('.', begin) - begin);
}

struct Stored {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t size;
};

std::vector<Stored> stored_in(const std::string& folder) {
  std::vector<Stored> all;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    Stored stored{entry.path(), entry.last_write_time(failed), 0};
    if (failed) continue;  // another process was faster
    stored.size = entry.file_size(failed);
    if (!failed) all.push_back(std::move(stored));
  }
  return all;
}

}  // namespace

Store::Store(std::string folder, std::uint64_t limit_bytes, Warn warn)
    : folder_(std::move(folder)), limit_bytes_(limit_bytes), warn_(std::move(warn)) {
  std::error_code failed;
  if (fs::exists(folder_, failed) && !fs::is_directory(folder_, failed))
    throw models::InputError("--cache " + folder_, "", "is not a folder", "a folder, which may be new");
  for (const char* part : {"entries", "drafts", "locks"}) {
    fs::create_directories(folder_ + "/" + part, failed);
    if (failed) give_up_writing(failed.message());
  }
}

void Store::give_up_writing(const std::string& reason) {
  if (writable_) warn_(fmt::format("cache '{}' cannot be written ({}); nothing more is kept there", folder_, reason));
  writable_ = false;
}

Store::Claim::~Claim() {
  if (file_.valid()) unlink(path_.c_str());
}

std::optional<Store::Claim> Store::claim(const std::string& key) {
  const std::string path = folder_ + "/locks/" + key;
  for (int attempt = 0; writable_ && attempt < 1000; ++attempt) {
    OpenFile file(path, O_RDWR | O_CREAT);
    if (!file.valid()) {
      give_up_writing(std::strerror(errno));
      break;
    }
    if (!file.lock_exclusive()) return std::nullopt;
    if (stands_at(file, path)) return Claim(key, path, std::move(file));  // else its last holder has just removed it
  }
  return Claim(key, path, OpenFile());
}

std::string Store::Entry::content() const { return file_.read(size_).value_or(""); }

std::optional<Store::Entry> Store::find(const std::string& key) {
  if (!writable_ && damaged_.count(key) > 0) return std::nullopt;  // it cannot be removed
  Entry entry;
  entry.key_ = key;
  entry.path_ = entry_path(key);
  entry.file_ = OpenFile(entry.path_, O_RDONLY);
  if (!entry.file_.valid() || !entry.file_.lock_shared()) return std::nullopt;
  const auto status = entry.file_.status();
  if (!status) return std::nullopt;
  const auto whole = static_cast<std::uint64_t>(status->st_size);
  std::string seal(seal_size, '\0');
  if (whole >= seal_size) {
    entry.size_ = whole - seal_size;
    if (pread(entry.file_.descriptor(), seal.data(), seal_size, static_cast<off_t>(entry.size_)) < 0) seal.clear();
  }
  if (whole < seal_size || seal != seal_text(key, entry.size_, digest_of_file(entry.file_.descriptor(), entry.size_))) {
    discard_damaged(key);
    return std::nullopt;
  }
  futimens(entry.file_.descriptor(), nullptr);  // used now; a folder that is only read remembers nothing
  return entry;
}

void Store::discard_damaged(const std::string& key) {
  if (damaged_.insert(key).second) warn_(fmt::format("cache entry '{}' is damaged; computed again", entry_path(key)));
  unlink(entry_path(key).c_str());
}

std::string Store::draft(const Claim& claim) const {
  return fmt::format("{}/drafts/{}.{}-{}", folder_, claim.key(), host_name(), getpid());
}

void Store::keep(const Claim& claim, std::string_view content) {
  if (!writable_) return;
  const std::string path = draft(claim);
  const OpenFile file(path, O_RDWR | O_CREAT | O_TRUNC);
  if (file.valid() && file.write(content.data(), content.size())) return keep_draft(claim);
  give_up_writing(std::strerror(errno));
  unlink(path.c_str());
}

bool Store::seal(const OpenFile& file, const std::string& key) const {
  const auto status = file.status();
  if (!status) return false;
  const auto size = static_cast<std::uint64_t>(status->st_size);
  const std::string text = seal_text(key, size, digest_of_file(file.descriptor(), size));
  return lseek(file.descriptor(), 0, SEEK_END) >= 0 && file.write(text.data(), text.size()) &&
         fdatasync(file.descriptor()) == 0;
}

void Store::keep_draft(const Claim& claim) {
  const std::string path = draft(claim);
  const OpenFile file(path, O_RDWR);
  const auto status = file.status();
  const std::uint64_t size = status ? static_cast<std::uint64_t>(status->st_size) + seal_size : 0;
  const bool fits = size <= limit_bytes_;
  if (writable_ && fits && status) {
    if (seal(file, claim.key())) {
      try {
        make_room(size);
      } catch (const fs::filesystem_error&) {  // the folder is listed while others change it: next time
      }
      if (std::rename(path.c_str(), entry_path(claim.key()).c_str()) == 0) return;
    }
    give_up_writing(std::strerror(errno));
  }
  unlink(path.c_str());
}

void Store::make_room(std::uint64_t incoming) {
  const auto alone = claim("room");
  if (!alone || !alone->held()) return;  // another process is at it
  remove_old_drafts();
  auto all = stored_in(folder_ + "/entries");
  std::uint64_t total = incoming;
  for (const Stored& stored : all) total += stored.size;
  if (total <= limit_bytes_) return;
  std::sort(all.begin(), all.end(), [](const Stored& a, const Stored& b) { return a.used < b.used; });
  for (const Stored& stored : all) {
    if (total <= limit_bytes_) break;
    const OpenFile file(stored.path, O_RDWR);
    if (!file.valid() || !file.lock_exclusive() || unlink(stored.path.c_str()) != 0) continue;
    total -= stored.size;
  }
}

/// Whose key nobody computes: its writer is dead.
void Store::remove_old_drafts() {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_ + "/drafts", failed)) {
    const std::string key = key_of_draft(entry.path().filename().string());
    const auto claimed = key.empty() ? std::nullopt : claim(key);
    if (claimed && claimed->held()) unlink(entry.path().c_str());
  }
}

}  // namespace deltasim::sim
