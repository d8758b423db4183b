#pragma once

#include "sim/config.hpp"

namespace deltasim::sim {

/// Writes a parameter struct, complete.
class Writer {
 public:
  template <class T>
  void field(const char* key, const T& value, as_stated<T>, as_stated<T>, const char*) {
    json[key] = value;
  }
  void field(const char* key, bool value, const char*) { json[key] = value; }
  void field(const char* key, const std::string& value, const char*) { json[key] = value; }
  void path(const char* key, const std::string& value, const char*) { json[key] = value; }
  template <class T>
  void optional(const char* key, const std::optional<T>& value, as_stated<T>, as_stated<T>, const char*) {
    json[key] = value ? Json(*value) : Json();
  }
  template <class Enum>
  void choice(const char* key, Enum value, const char*) {
    json[key] = split_names(names_of(value)).at(static_cast<std::size_t>(value));
  }
  template <class Enum>
  void optional_choice(const char* key, const std::optional<Enum>& value, const char* meaning) {
    json[key] = Json();
    if (value) choice(key, *value, meaning);
  }
  void names(const char* key, const std::vector<std::string>& values, const char*, const char*) { json[key] = values; }
  template <class T>
  void list(const char* key, const std::vector<T>& values, as_stated<T>, as_stated<T>, const char*) {
    json[key] = values.size() == 1 ? Json(values.front()) : Json(values);
  }
  template <class T, std::size_t N>
  void tuple(const char* key, const std::optional<std::array<T, N>>& value, const char*, as_stated<T>, as_stated<T>,
             const char*) {
    json[key] = value ? Json(*value) : Json();
  }
  template <class Enum, class T, std::size_t N>
  void choice_or_tuple(const char* key, Enum value, const std::optional<std::array<T, N>>& array, const char*,
                       as_stated<T>, as_stated<T>, const char* meaning) {
    choice(key, value, meaning);
    if (array) json[key] = *array;
  }
  template <class T>
  void list_or_by_name(const char* key, const std::vector<T>& values, const std::map<std::string, std::vector<T>>&,
                       as_stated<T> low, as_stated<T> high, const char* meaning) {
    list(key, values, low, high, meaning);
  }
  template <class Struct>
  void object(const char* key, Struct& value, const char*) {
    json[key] = written(value);
  }
  template <class Struct>
  void object_or_file(const char* key, Struct& value, const char*) {
    json[key] = written(value);
  }
  template <class Struct>
  void optional_object(const char* key, std::optional<Struct>& value, const char*) {
    json[key] = value ? written(*value) : Json();
  }
  template <class Struct>
  void optional_object_or_file(const char* key, std::optional<Struct>& value, const char* meaning) {
    optional_object(key, value, meaning);
  }
  template <class Struct>
  void objects(const char* key, std::optional<std::vector<Struct>>& values, const char*) {
    json[key] = Json();
    if (!values) return;
    json[key] = Json::array();
    for (Struct& value : *values) json[key].push_back(written(value));
  }
  template <class Struct>
  void by_name(const char* key, std::map<std::string, Struct>& values, const char*) {
    json[key] = Json::object();
    for (auto& [name, value] : values) json[key][name] = written(value);
  }
  void raw(const char* key, const Json& value, const char*) { json[key] = value; }
  void any(const char* key, const Json& value, const char*, const char*) { json[key] = value; }
  void required(const char*) {}
  void skip(const char*, const char*, const char*) {}

  Json json = Json::object();

 private:
  template <class Struct>
  static Json written(Struct& value) {
    Writer writer;
    describe(writer, value);
    return std::move(writer.json);
  }
};

/// All that `value` holds, defaults included; describe() wants it mutable.
template <class Struct>
Json write(Struct value) {
  Writer writer;
  describe(writer, value);
  return std::move(writer.json);
}

}  // namespace deltasim::sim
