#pragma once

#include "sim/document.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// One `describe(archive, struct)` per parameter struct drives reading and checking (Reader), writing
/// (sim/config_writer.hpp) and documenting (sim/schema.hpp). An archive has these members:
///
///     field(key, integer or double, low, high, meaning)      optional(key, std::optional of these, low, high, meaning)
///     field(key, bool or string, meaning)                    path(key, string, meaning)   relative to the naming file
///     choice(key, enum, meaning)                             optional_choice(key, std::optional<enum>, meaning)
///     names(key, strings, allowed names or "", meaning)      list(key, vector, low, high, meaning)   one value or many
///     tuple(key, std::optional<std::array>, "a,b", low, high, meaning)    [1, 2] or {"a": 1, "b": 2}
///     choice_or_tuple(key, enum, optional array, ...)        as tuple; its presence is the enum's last name
///     list_or_by_name(key, vector, map of vectors, low, high, meaning)
///     object(key, struct, meaning)                           optional_object(key, std::optional<struct>, meaning)
///     object_or_file, optional_object_or_file: the same      objects(key, std::optional<std::vector<struct>>, meaning)
///     by_name(key, std::map<std::string, struct>, meaning)   raw(key, Json, meaning)   an object or a file, read later
///     any(key, Json, "array" or "object", meaning)           of any content, read later
///     required(key)                                          skip(key, type, meaning)   allowed, not stored
namespace deltasim::sim {

/// Allowed in every object and not looked at: name, remarks and sources of its values.
inline constexpr std::array note_keys{"name", "note", "comment", "sources", "$schema"};

/// Keeps bounds from taking part in template argument deduction.
template <class T>
struct AsStated {
  using type = T;
};
template <class T>
using as_stated = typename AsStated<T>::type;

std::vector<std::string> split_names(std::string_view names);

/// "an integer from 1 to 4096"
std::string range_text(std::int64_t low, std::int64_t high);
std::string range_text(std::uint64_t low, std::uint64_t high);
std::string range_text(double low, double high);

/// Fills a parameter struct from one JSON object. Absent keys keep what the struct holds; keys that nobody asked for,
/// wrong types and values out of range are errors.
class Reader {
 public:
  Reader(const Document& document, std::string pointer);

  template <class T>
  void field(const char* key, T& value, as_stated<T> low, as_stated<T> high, const char*) {
    if (const Json* found = find(key)) value = number<T>(*found, at(key), low, high);
  }
  void field(const char* key, bool& value, const char*);
  void field(const char* key, std::string& value, const char*);
  void path(const char* key, std::string& value, const char*);

  template <class T>
  void optional(const char* key, std::optional<T>& value, as_stated<T> low, as_stated<T> high, const char*) {
    const Json* found = find(key);
    if (found == nullptr) return;
    if (found->is_null())
      value.reset();
    else
      value = number<T>(*found, at(key), low, high);
  }

  template <class Enum>
  void choice(const char* key, Enum& value, const char*) {
    if (const Json* found = find(key)) value = static_cast<Enum>(chosen(*found, at(key), names_of(value)));
  }
  template <class Enum>
  void optional_choice(const char* key, std::optional<Enum>& value, const char*) {
    const Json* found = find(key);
    if (found == nullptr) return;
    if (found->is_null())
      value.reset();
    else
      value = static_cast<Enum>(chosen(*found, at(key), names_of(Enum{})));
  }
  void names(const char* key, std::vector<std::string>& values, const char* allowed, const char*);

  template <class T>
  void list(const char* key, std::vector<T>& values, as_stated<T> low, as_stated<T> high, const char*) {
    const Json* found = find(key);
    if (found == nullptr) return;
    values.clear();
    if (!found->is_array()) {
      values.push_back(number<T>(*found, at(key), low, high));
      return;
    }
    for (std::size_t i = 0; i < found->size(); ++i) values.push_back(number<T>((*found)[i], at(key, i), low, high));
  }

  template <class T, std::size_t N>
  void tuple(const char* key, std::optional<std::array<T, N>>& value, const char* parts, as_stated<T> low,
             as_stated<T> high, const char*) {
    const Json* found = find(key);
    if (found == nullptr) return;
    if (found->is_null()) {
      value.reset();
      return;
    }
    const auto places = tuple_places(*found, at(key), parts);
    value.emplace();
    for (std::size_t i = 0; i < N; ++i) (*value)[i] = number<T>(*document_.find(places[i]), places[i], low, high);
  }

  template <class Enum, class T, std::size_t N>
  void choice_or_tuple(const char* key, Enum& value, std::optional<std::array<T, N>>& array, const char* parts,
                       as_stated<T> low, as_stated<T> high, const char* meaning) {
    const Json* found = find(key);
    if (found == nullptr) return;
    const std::string_view all = names_of(value);
    array.reset();
    if (found->is_array() || found->is_object()) tuple(key, array, parts, low, high, meaning);
    value = static_cast<Enum>(array ? split_names(all).size() - 1
                                    : chosen(*found, at(key), all.substr(0, all.rfind(',')), parts));
  }

  template <class T>
  void list_or_by_name(const char* key, std::vector<T>& values, std::map<std::string, std::vector<T>>& named,
                       as_stated<T> low, as_stated<T> high, const char* meaning) {
    const Json* found = find(key);
    if (found == nullptr) return;
    if (!found->is_object()) return list(key, values, low, high, meaning);
    Reader entries(document_, at(key));
    for (const std::string& name : entry_names(at(key))) entries.list(name.c_str(), named[name], low, high, meaning);
  }

  template <class Struct>
  void object(const char* key, Struct& value, const char*) {
    if (find(key) != nullptr) below(at(key), value);
  }
  template <class Struct>
  void object_or_file(const char* key, Struct& value, const char* meaning) {
    object(key, value, meaning);  // Document::load has put the file's content here
  }
  template <class Struct>
  void optional_object(const char* key, std::optional<Struct>& value, const char*) {
    const Json* found = find(key);
    if (found == nullptr) return;
    if (found->is_null()) return value.reset();
    if (!value) value.emplace();
    below(at(key), *value);
  }
  template <class Struct>
  void optional_object_or_file(const char* key, std::optional<Struct>& value, const char* meaning) {
    optional_object(key, value, meaning);
  }
  template <class Struct>
  void objects(const char* key, std::optional<std::vector<Struct>>& values, const char*) {
    const Json* found = find(key);
    if (found == nullptr) return;
    values.reset();
    if (found->is_null()) return;
    require_array(*found, at(key));
    values.emplace(found->size());
    for (std::size_t i = 0; i < found->size(); ++i) below(at(key, i), (*values)[i]);
  }
  template <class Struct>
  void by_name(const char* key, std::map<std::string, Struct>& values, const char*) {
    if (find(key) == nullptr) return;
    for (const std::string& name : entry_names(at(key))) below(at(key) + pointer_step(name), values[name]);
  }
  void raw(const char* key, Json& value, const char*);
  void any(const char* key, Json& value, const char* type, const char*);

  void required(const char* key);
  void skip(const char* key, const char* type, const char* meaning);

  /// What a describe() of its own reads by hand, after find(): place of a key, and the document for errors.
  const Json* find(const char* key);
  std::string at(const std::string& key) const { return pointer_ + pointer_step(key); }
  const Document& document() const { return document_; }
  /// Errors on keys that nobody asked for.
  void finish() const;

  template <class T>
  T number(const Json& json, const std::string& place, T low, T high) const {
    if constexpr (std::is_floating_point_v<T>)
      return static_cast<T>(real(json, place, low, high));
    else if constexpr (std::is_signed_v<T>)
      return static_cast<T>(signed_integer(json, place, low, high));
    else
      return static_cast<T>(unsigned_integer(json, place, low, high));
  }

 private:
  template <class Struct>
  void below(const std::string& place, Struct& value) const {
    Reader reader(document_, place);
    describe(reader, value);
    reader.finish();
  }
  std::string at(const std::string& key, std::size_t index) const { return at(key) + "/" + std::to_string(index); }
  std::uint64_t unsigned_integer(const Json& json, const std::string& place, std::uint64_t low,
                                 std::uint64_t high) const;
  std::int64_t signed_integer(const Json& json, const std::string& place, std::int64_t low, std::int64_t high) const;
  double real(const Json& json, const std::string& place, double low, double high) const;
  std::string text(const Json& json, const std::string& place) const;
  /// `parts`: of the array that is allowed as well.
  std::size_t chosen(const Json& json, const std::string& place, std::string_view names,
                     std::string_view parts = {}) const;
  void require_array(const Json& json, const std::string& place) const;
  std::vector<std::string> tuple_places(const Json& json, const std::string& place, std::string_view parts) const;
  std::vector<std::string> entry_names(const std::string& place) const;

  const Document& document_;
  std::string pointer_;
  const Json& json_;
  std::set<std::string> known_;
};

/// Reads `value` from the object at `pointer`.
template <class Struct>
void read_into(Struct& value, const Document& document, const std::string& pointer) {
  Reader reader(document, pointer);
  describe(reader, value);
  reader.finish();
}

}  // namespace deltasim::sim
