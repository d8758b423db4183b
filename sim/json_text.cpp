#include "sim/json_text.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace deltasim::sim {
namespace {

using models::InputError;

constexpr std::uint64_t largest_file_bytes = 64u << 20;
constexpr std::size_t deepest_nesting = 64;  ///< far beyond any configuration; bounds the recursion of writers

/// Builds the document itself, because the library's parser keeps the last of two equal keys without a word.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(const std::string& text, const std::string& file) : text_(text), file_(file) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    if (open_.back().json->contains(key))
      throw InputError(file_, open_.back().pointer + pointer_step(key), "the key appears twice", "keep one of them");
    key_ = key;
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception& error) override {
    // nlohmann counts from 1 and includes the character that it did not expect
    const std::size_t at = std::min(byte == 0 ? 0 : byte - 1, text_.size());
    const std::string_view before(text_.data(), at);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? at + 1 : at - newline;
    throw InputError(file_, fmt::format("line {}, column {}", line, column), reason(error.what()),
                     "the file must be one JSON value (no comments, no comma after the last element)");
  }

  Json take() { return std::move(root_); }

 private:
  struct Open {
    Json* json;
    std::string pointer;
  };

  /// The library's message without its own identification and position.
  static std::string reason(std::string what) {
    for (const char* mark : {"syntax error while ", "column ", "] "}) {
      const std::size_t found = what.find(mark);
      if (found == std::string::npos) continue;
      what = std::strcmp(mark, "syntax error while ") == 0
                 ? "not valid JSON while " + what.substr(found + 19)
                 : "not valid JSON: " + what.substr(what.find(' ', found) + 1);
      break;
    }
    for (char& c : what)
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return what;
  }

  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().json;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }
  template <class Value>
  bool put(Value&& value) {
    place(Json(std::forward<Value>(value)));
    return true;
  }
  bool open(Json empty) {
    std::string pointer;
    if (!open_.empty()) {
      const Open& parent = open_.back();
      pointer =
          parent.pointer + (parent.json->is_array() ? "/" + std::to_string(parent.json->size()) : pointer_step(key_));
    }
    if (open_.size() >= deepest_nesting)
      throw InputError(file_, pointer.substr(0, 60), fmt::format("nested deeper than {} levels", deepest_nesting),
                       "a configuration file of deltasim");
    open_.push_back({place(std::move(empty)), std::move(pointer)});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& text_;
  const std::string& file_;
  Json root_;
  std::vector<Open> open_;
  std::string key_;
};

}  // namespace

std::string read_text(const std::string& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) throw InputError(path, "", "no such file", "the path of a JSON file");
  if (std::filesystem::is_directory(status)) throw InputError(path, "", "is a folder", "the path of a JSON file");
  if (!std::filesystem::is_regular_file(status))
    throw InputError(path, "", "is no ordinary file (a device, pipe or socket)", "the path of a JSON file");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(path, "", fmt::format("cannot be read ({})", std::strerror(errno)), "a readable JSON file");
  std::string text(1 << 16, '\0');
  std::string all;
  while (in.read(text.data(), static_cast<std::streamsize>(text.size())) || in.gcount() > 0) {
    all.append(text.data(), static_cast<std::size_t>(in.gcount()));
    if (all.size() > largest_file_bytes)
      throw InputError(path, "", fmt::format("larger than {} MiB", largest_file_bytes >> 20),
                       "a JSON file; videos, arrays and networks are named inside it");
  }
  return all;
}

Json parse_json(const std::string& text, const std::string& file) {
  Builder builder(text, file);
  Json::sax_parse(text, &builder);
  return builder.take();
}

}  // namespace deltasim::sim
