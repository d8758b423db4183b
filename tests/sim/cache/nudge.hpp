#pragma once

#include "sim/config.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// In the namespace of the archives: describe() is looked for there.
namespace deltasim::sim {

/// An archive (sim/config.hpp) that changes the n-th value that describe() names, and no other.
class Nudge {
 public:
  explicit Nudge(std::size_t which) : left_(which) {}
  const std::string& changed() const { return changed_; }  ///< its pointer; empty: there are fewer values

  template <class T>
  void field(const char* key, T& value, as_stated<T> low, as_stated<T> high, const char*) {
    if (mine(key)) value = value == low ? static_cast<T>(low + (high - low) / 2) : low;
  }
  void field(const char* key, bool& value, const char*) {
    if (mine(key)) value = !value;
  }
  void field(const char* key, std::string& value, const char*) {
    if (mine(key)) value += "x";
  }
  void path(const char* key, std::string& value, const char*) {
    if (mine(key)) value += ".other";
  }
  template <class T>
  void optional(const char* key, std::optional<T>& value, as_stated<T> low, as_stated<T>, const char*) {
    if (mine(key)) toggle(value, T(low));
  }
  template <class Enum>
  void choice(const char* key, Enum& value, const char*) {
    const std::size_t names = split_names(names_of(value)).size();
    if (mine(key)) value = static_cast<Enum>((static_cast<std::size_t>(value) + 1) % names);
  }
  template <class Enum>
  void optional_choice(const char* key, std::optional<Enum>& value, const char*) {
    if (mine(key)) toggle(value, Enum{});
  }
  template <class T>
  void list(const char* key, std::vector<T>& values, as_stated<T> low, as_stated<T>, const char*) {
    if (mine(key)) values.push_back(low);
  }
  template <class T, std::size_t n>
  void tuple(const char* key, std::optional<std::array<T, n>>& value, const char*, as_stated<T> low, as_stated<T>,
             const char*) {
    std::array<T, n> least;
    least.fill(low);
    if (mine(key)) toggle(value, least);
  }
  template <class Enum, class T, std::size_t n>
  void choice_or_tuple(const char* key, Enum& value, std::optional<std::array<T, n>>&, const char*, as_stated<T>,
                       as_stated<T>, const char* meaning) {
    choice(key, value, meaning);
  }
  template <class T>
  void list_or_by_name(const char* key, std::vector<T>& values, std::map<std::string, std::vector<T>>&,
                       as_stated<T> low, as_stated<T> high, const char* meaning) {
    list(key, values, low, high, meaning);
  }
  template <class Struct>
  void object(const char* key, Struct& value, const char*) {
    const std::string above = place_;
    place_ += std::string("/") + key;
    describe(*this, value);
    place_ = above;
  }
  template <class Struct>
  void optional_object(const char* key, std::optional<Struct>& value, const char* meaning) {
    if (value) return object(key, *value, meaning);
    if (mine(key)) value.emplace();
  }
  template <class Struct>
  void objects(const char* key, std::optional<std::vector<Struct>>& values, const char*) {
    if (mine(key)) toggle(values, std::vector<Struct>(1));
  }
  template <class Struct>
  void by_name(const char* key, std::map<std::string, Struct>& values, const char*) {
    if (mine(key)) values["another"] = {};
  }
  void required(const char*) {}
  void skip(const char*, const char*, const char*) {}

 private:
  bool mine(const char* key) {
    if (left_-- != 0) return false;
    changed_ = place_ + "/" + key;
    return true;
  }
  template <class T>
  static void toggle(std::optional<T>& value, const T& otherwise) {
    if (value)
      value.reset();
    else
      value = otherwise;
  }

  std::size_t left_;
  std::string place_, changed_;
};

/// Calls check(pointer, changed copy) once for each value that describe() names.
template <class Struct, class Check>
std::size_t for_each_nudge(const Struct& original, Check check) {
  for (std::size_t which = 0;; ++which) {
    Struct copy = original;
    Nudge nudge(which);
    describe(nudge, copy);
    if (nudge.changed().empty()) return which;
    check(nudge.changed(), copy);
  }
}

}  // namespace deltasim::sim
