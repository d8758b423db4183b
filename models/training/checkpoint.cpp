#include "models/training/checkpoint.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <type_traits>

namespace deltasim::models::training {
namespace {

constexpr char magic[] = "deltasim training checkpoint 1\n";
constexpr std::size_t magic_size = sizeof magic - 1;

/// FNV-1a over 8 bytes at a time: finds what a broken disk or an interrupted copy leaves.
std::uint64_t checksum(const char* bytes, std::size_t size) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, std::min<std::size_t>(8, size - i));
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 32;
  }
  return hash;
}

class Writer {
 public:
  std::string bytes{magic, magic_size};

  template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  void operator()(const T& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void operator()(const std::string& text) { array(text.data(), text.size()); }
  void operator()(const std::vector<float>& values) { array(values.data(), values.size()); }
  template <typename A, typename B>
  void operator()(const std::pair<A, B>& pair) {
    (*this)(pair.first), (*this)(pair.second);
  }
  template <typename T>
  void operator()(const std::vector<T>& list) {
    (*this)(std::uint64_t{list.size()});
    for (const T& value : list) (*this)(value);
  }
  template <typename T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }
  template <typename T, std::enable_if_t<std::is_class_v<T>, int> = 0>
  void operator()(const T& value) {
    visit(*this, const_cast<T&>(value));
  }

 private:
  template <typename T>
  void array(const T* data, std::size_t size) {
    (*this)(std::uint64_t{size});
    bytes.append(reinterpret_cast<const char*>(data), size * sizeof(T));
  }
};

class Reader {
 public:
  Reader(const std::string& bytes, std::size_t end, const std::string& path) : bytes_(bytes), end_(end), path_(path) {}

  template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  void operator()(T& value) {
    std::memcpy(&value, take(sizeof value), sizeof value);
  }
  void operator()(std::string& text) {
    const std::size_t size = count(1);
    text.assign(take(size), size);
  }
  void operator()(std::vector<float>& values) {
    values.resize(count(sizeof(float)));
    const char* from = take(values.size() * sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), from, values.size() * sizeof(float));
  }
  template <typename A, typename B>
  void operator()(std::pair<A, B>& pair) {
    (*this)(pair.first), (*this)(pair.second);
  }
  template <typename T>
  void operator()(std::vector<T>& list) {
    list.resize(count(1));
    for (T& value : list) (*this)(value);
  }
  template <typename T>
  void operator()(std::optional<T>& value) {
    bool has = false;
    (*this)(has);
    if (has) (*this)(value.emplace());
  }
  template <typename T, std::enable_if_t<std::is_class_v<T>, int> = 0>
  void operator()(T& value) {
    visit(*this, value);
  }

 private:
  const char* take(std::size_t size) {
    if (size > end_ - at_) throw InputError(path_, "", "the checkpoint ends too early", "start without it");
    at_ += size;
    return bytes_.data() + at_ - size;
  }
  std::size_t count(std::size_t element) {
    std::uint64_t n = 0;
    (*this)(n);
    if (n > (end_ - at_) / element) take(end_ - at_ + 1);
    return n;
  }

  const std::string& bytes_;
  std::size_t end_, at_ = magic_size;
  const std::string& path_;
};

template <typename Archive>
void visit(Archive& a, LayerActivity& v) {
  a(v.name), a(v.nonzero), a(v.changed);
}
template <typename Archive>
void visit(Archive& a, Evaluation& v) {
  a(v.accuracy), a(v.frame_accuracy), a(v.clips), a(v.macs_nonzero), a(v.macs_changed);
  a(v.sparsity_nonzero), a(v.sparsity_changed), a(v.layers);
  std::uint64_t classes = v.class_accuracy.size();
  a(classes);
  v.class_accuracy.resize(classes);
  for (double& accuracy : v.class_accuracy) a(accuracy);
}
template <typename Archive>
void visit(Archive& a, EpochRecord& v) {
  a(v.epoch), a(v.learning_rate), a(v.loss), a(v.task_loss), a(v.penalty), a(v.accuracy), a(v.test), a(v.seconds);
}
template <typename Archive>
void visit(Archive& a, Checkpoint& v) {
  a(v.identity), a(v.epoch), a(v.steps), a(v.skipped), a(v.since_best), a(v.best);
  a(v.weights), a(v.optimiser), a(v.best_weights), a(v.records);
}

}  // namespace

void write_checkpoint(const Checkpoint& checkpoint, const std::string& path) {
  Writer writer;
  writer(checkpoint);
  const std::uint64_t sum = checksum(writer.bytes.data(), writer.bytes.size());
  writer(sum);
  const std::string beside = path + ".part";
  std::ofstream file(beside, std::ios::binary);
  file.write(writer.bytes.data(), static_cast<std::streamsize>(writer.bytes.size()));
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(beside, path, error);
  if (!file || error)
    throw InputError(path, "", "the checkpoint cannot be written", "expected a folder with room and permission");
}

Checkpoint read_checkpoint(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path, "", "the checkpoint cannot be read", "expected a file");
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.compare(0, magic_size, magic) != 0 && std::string(magic).compare(0, bytes.size(), bytes) != 0)
    throw InputError(path, "", "this is no checkpoint of this version", "start without it");
  std::uint64_t sum = 0;
  const bool whole = bytes.size() >= magic_size + sizeof sum;
  if (whole) std::memcpy(&sum, bytes.data() + bytes.size() - sizeof sum, sizeof sum);
  if (!whole || sum != checksum(bytes.data(), bytes.size() - sizeof sum))
    throw InputError(path, "", "the checkpoint is truncated or damaged", "start without it, or from a copy");
  Checkpoint checkpoint;
  Reader reader(bytes, bytes.size() - sizeof sum, path);
  reader(checkpoint);
  return checkpoint;
}

void check_identity(const Checkpoint& checkpoint, const std::vector<std::pair<std::string, std::string>>& expected,
                    const std::string& path) {
  const std::string remedy = "continue with what it was made with, or start without it";
  for (std::size_t i = 0; i < std::max(expected.size(), checkpoint.identity.size()); ++i) {
    const auto at = [i](const auto& list) {
      return i < list.size() ? list[i] : typename std::decay_t<decltype(list)>::value_type{};
    };
    const auto then = at(checkpoint.identity), now = at(expected);
    if (then == now) continue;
    if (then.first != now.first)
      throw InputError(path, then.first.empty() ? now.first : then.first, "only one of the two trainings has it",
                       remedy);
    throw InputError(path, now.first, fmt::format("the checkpoint has {}, this training {}", then.second, now.second),
                     remedy);
  }
}

}  // namespace deltasim::models::training
