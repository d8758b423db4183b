#include "traces/clip_cache.hpp"

#include "models/error.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace deltasim::traces {

namespace fs = std::filesystem;

namespace {

constexpr char magic[8] = {'d', 's', 'c', 'l', 'i', 'p', '1', '\n'};
constexpr const char* ending = ".clip";

/// Then a digest of every frame, a digest of header and digests, and the frames.
struct Header {
  char magic[8];
  std::uint32_t frames, stored;
  std::uint64_t frame_bytes;
};

struct Table {
  Header header{};
  std::vector<std::uint64_t> digests;

  std::uint64_t digest() const {
    return digest_of(digests.data(), digests.size() * 8, digest_of(&header, sizeof header));
  }
  std::uint64_t bytes() const { return sizeof header + digests.size() * 8 + 8; }
};

template <class T>
bool take(std::istream& in, T* to, std::size_t count) {
  return static_cast<bool>(in.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count * sizeof(T))));
}

/// The beginning of an entry, if it is sound and the file as long as it says.
std::optional<Table> read_table(std::istream& in, const std::string& path) {
  Table table;
  std::error_code failed;
  const std::uint64_t size = fs::file_size(path, failed);
  if (failed || !take(in, &table.header, 1) || std::memcmp(table.header.magic, magic, sizeof magic) != 0)
    return std::nullopt;
  const std::uint64_t stored = table.header.stored;
  if (stored > size / 8) return std::nullopt;
  table.digests.resize(stored);
  std::uint64_t digest = 0;
  if (!take(in, table.digests.data(), stored) || !take(in, &digest, 1) || digest != table.digest()) return std::nullopt;
  if (size != table.bytes() + stored * table.header.frame_bytes) return std::nullopt;
  return table;
}

}  // namespace

std::uint64_t digest_of(const void* bytes, std::size_t size, std::uint64_t start) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  std::uint64_t hash = start;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 29;  // high bits reach low ones, which the product alone never does
  };
  for (; size >= 8; size -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  for (; size > 0; --size) mix(*at++);
  return hash;
}

ClipCache::ClipCache(std::string folder, std::string set, std::uint64_t limit_bytes)
    : folder_(std::move(folder)), set_(std::move(set)), limit_(limit_bytes) {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed || !fs::is_directory(folder_, failed))
    throw models::InputError(folder_, "", "is no folder for decoded clips", "a folder that can be written");
  for (const auto& file : fs::directory_iterator(folder_, failed)) {
    const std::string name = file.path().filename().string();
    if (file.path().extension() != ending || !file.is_regular_file(failed)) continue;
    const std::uint64_t bytes = file.file_size(failed);
    if (failed) continue;  // another process made room
    used_ += bytes;
    if (name.compare(0, set_.size(), set_) != 0)
      foreign_.push_back({file.path().string(), bytes, file.last_write_time(failed).time_since_epoch().count()});
  }
  std::sort(foreign_.begin(), foreign_.end(), [](const auto& a, const auto& b) { return a.written > b.written; });
}

std::string ClipCache::path_of(const std::string& name) const {
  return (fs::path(folder_) / (set_ + name)).string() + ending;
}

std::optional<ClipCache::Entry> ClipCache::find(const std::string& name) const {
  const std::string path = path_of(name);
  std::ifstream in(path, std::ios::binary);
  const auto table = in ? read_table(in, path) : std::nullopt;
  if (!table) return std::nullopt;
  return Entry{table->header.frames, table->header.stored > 0};
}

bool ClipCache::read(const std::string& name, std::size_t frame_bytes, std::uint32_t first, std::uint32_t count,
                     std::uint8_t* to) const {
  const std::string path = path_of(name);
  std::ifstream in(path, std::ios::binary);
  const auto table = in ? read_table(in, path) : std::nullopt;
  if (!table || table->header.frame_bytes != frame_bytes || std::uint64_t{first} + count > table->header.stored)
    return false;
  in.seekg(static_cast<std::streamoff>(table->bytes() + first * frame_bytes));
  if (!take(in, to, count * frame_bytes)) return false;
  for (std::uint32_t i = 0; i < count; ++i)
    if (digest_of(to + i * frame_bytes, frame_bytes) != table->digests[first + i]) return false;
  return true;
}

bool ClipCache::make_room(std::uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  while (used_ + bytes > limit_ && !foreign_.empty()) {
    std::error_code failed;
    fs::remove(foreign_.back().path, failed);
    used_ -= std::min(used_, foreign_.back().bytes);
    foreign_.pop_back();
  }
  if (used_ + bytes > limit_) return false;
  used_ += bytes;
  return true;
}

void ClipCache::store(const std::string& name, std::size_t frame_bytes, const std::vector<std::uint8_t>& frames) {
  Table table;
  const auto count = static_cast<std::uint32_t>(frames.size() / frame_bytes);
  table.header = {{}, count, count, frame_bytes};
  std::memcpy(table.header.magic, magic, sizeof magic);
  const std::string path = path_of(name);
  std::error_code failed;
  const std::uint64_t old = fs::file_size(path, failed);  // damaged, or without frames
  if (!failed) {
    const std::lock_guard<std::mutex> lock(mutex_);
    used_ -= std::min(used_, old);
  }
  if (!make_room(table.bytes() + count * 8 + frames.size())) table.header.stored = 0;
  for (std::uint32_t i = 0; i < table.header.stored; ++i)
    table.digests.push_back(digest_of(frames.data() + i * frame_bytes, frame_bytes));
  AtomicFile file(path);
  std::ofstream out(file.temporary(), std::ios::binary);
  const auto put = [&out](const void* from, std::size_t size) {
    out.write(static_cast<const char*>(from), static_cast<std::streamsize>(size));
  };
  const std::uint64_t digest = table.digest();
  put(&table.header, sizeof table.header);
  put(table.digests.data(), table.digests.size() * 8);
  put(&digest, 8);
  if (table.header.stored > 0) put(frames.data(), frames.size());
  out.close();
  if (!out)
    throw models::InputError(path, "", "could not be written completely", "make room on the disk, or lower the limit");
  file.commit();
}

std::uint64_t ClipCache::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return used_;
}

}  // namespace deltasim::traces
