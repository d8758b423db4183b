#pragma once

#include "sim/config.hpp"

#include <limits>
#include <string>

/// Documents what describe() says: JSON Schema, and the table of `deltasim config keys`.
namespace deltasim::sim {

/// An archive (sim/config.hpp) that collects a JSON Schema with defaults and meanings.
class SchemaWriter {
 public:
  template <class T>
  void field(const char* key, const T& value, as_stated<T> low, as_stated<T> high, const char* meaning) {
    put(key, number<T>(low, high), value, meaning);
  }
  void field(const char* key, bool value, const char* meaning) { put(key, {{"type", "boolean"}}, value, meaning); }
  void field(const char* key, const std::string& value, const char* meaning) {
    put(key, {{"type", "string"}}, value, meaning);
  }
  void path(const char* key, const std::string& value, const char* meaning) {
    put(key, {{"type", "string"}, {"title", "path"}}, value, meaning);
  }
  template <class T>
  void optional(const char* key, const std::optional<T>& value, as_stated<T> low, as_stated<T> high,
                const char* meaning) {
    put(key, or_null(number<T>(low, high)), value ? Json(*value) : Json(), meaning);
  }
  template <class Enum>
  void choice(const char* key, Enum value, const char* meaning) {
    const auto names = split_names(names_of(value));
    put(key, {{"enum", names}}, names.at(static_cast<std::size_t>(value)), meaning);
  }
  template <class Enum>
  void optional_choice(const char* key, const std::optional<Enum>&, const char* meaning) {
    Json names = split_names(names_of(Enum{}));
    names.push_back(nullptr);
    put(key, {{"enum", names}}, nullptr, meaning);
  }
  void names(const char* key, const std::vector<std::string>& values, const char* allowed, const char* meaning);
  template <class T>
  void list(const char* key, const std::vector<T>& values, as_stated<T> low, as_stated<T> high, const char* meaning) {
    put(key, one_or_many(number<T>(low, high)), values, meaning);
  }
  template <class T, std::size_t N>
  void tuple(const char* key, const std::optional<std::array<T, N>>& value, const char* parts, as_stated<T> low,
             as_stated<T> high, const char* meaning) {
    Json forms = tuple_forms(parts, number<T>(low, high));
    forms.push_back({{"type", "null"}});
    put(key, {{"anyOf", forms}}, value ? Json(*value) : Json(), meaning);
  }
  template <class Enum, class T, std::size_t N>
  void choice_or_tuple(const char* key, Enum value, const std::optional<std::array<T, N>>&, const char* parts,
                       as_stated<T> low, as_stated<T> high, const char* meaning) {
    auto names = split_names(names_of(value));
    const Json now = names.at(static_cast<std::size_t>(value));
    names.pop_back();
    Json forms = tuple_forms(parts, number<T>(low, high));
    forms.push_back({{"enum", names}});
    put(key, {{"anyOf", forms}}, now, meaning);
  }
  template <class T>
  void list_or_by_name(const char* key, const std::vector<T>& values, const std::map<std::string, std::vector<T>>&,
                       as_stated<T> low, as_stated<T> high, const char* meaning) {
    Json forms = one_or_many(number<T>(low, high));
    forms["anyOf"].push_back({{"type", "object"}, {"additionalProperties", one_or_many(number<T>(low, high))}});
    put(key, forms, values, meaning);
  }
  template <class Struct>
  void object(const char* key, Struct& value, const char* meaning) {
    put_object(key, of(value), meaning);
  }
  template <class Struct>
  void object_or_file(const char* key, Struct& value, const char* meaning) {
    put_object(key, {{"anyOf", {{{"type", "string"}, {"title", "path"}}, of(value, true)}}}, meaning);
  }
  template <class Struct>
  void optional_object(const char* key, const std::optional<Struct>& value, const char* meaning) {
    Struct inner = value.value_or(Struct{});
    put_object(key, {{"anyOf", {{{"type", "null"}}, of(inner)}}}, meaning);
  }
  template <class Struct>
  void optional_object_or_file(const char* key, const std::optional<Struct>& value, const char* meaning) {
    Struct inner = value.value_or(Struct{});
    put_object(key, {{"anyOf", {{{"type", "null"}}, {{"type", "string"}, {"title", "path"}}, of(inner, true)}}},
               meaning);
  }
  template <class Struct>
  void objects(const char* key, const std::optional<std::vector<Struct>>&, const char* meaning) {
    Struct element{};
    put_object(key, {{"anyOf", {{{"type", "null"}}, {{"type", "array"}, {"items", of(element)}}}}}, meaning);
  }
  template <class Struct>
  void by_name(const char* key, const std::map<std::string, Struct>&, const char* meaning) {
    Struct element{};
    put_object(key, {{"type", "object"}, {"additionalProperties", of(element)}}, meaning);
  }
  void raw(const char* key, const Json& value, const char* meaning);
  void any(const char* key, const Json& value, const char* type, const char* meaning) {
    put(key, {{"type", type}}, value, meaning);
  }
  void required(const char* key) { required_.push_back(key); }
  void skip(const char* key, const char* type, const char* meaning) { put_object(key, {{"type", type}}, meaning); }

  /// `from_file`: the object may stand in a file of its own, and so may start from another one.
  template <class Struct>
  static Json of(Struct& value, bool from_file = false) {
    SchemaWriter writer;
    describe(writer, value);
    return writer.finished(from_file);
  }

 private:
  template <class T>
  static Json number(T low, T high) {
    Json json{{"type", std::is_integral_v<T> ? "integer" : "number"}};
    json["minimum"] = low;
    if (high != std::numeric_limits<T>::max()) json["maximum"] = high;
    return json;
  }
  static Json or_null(Json type);
  static Json one_or_many(const Json& element);
  static Json tuple_forms(std::string_view parts, const Json& element);
  void put(const char* key, Json type, const Json& value, const char* meaning);
  void put_object(const char* key, Json type, const char* meaning);
  Json finished(bool from_file) const;

  Json properties_ = Json::object();
  Json required_ = Json::array();
};

/// Meaning of the keys that note_keys names.
inline constexpr const char* note_meaning = "for readers; not looked at";

/// Kinds of configuration files: run, sweep, hw, systolic, network.
const std::vector<std::string>& schema_kinds();

/// The whole schema of a kind of file, as shipped in configs/schemas.
Json schema_of(const std::string& kind);

/// Every key of a schema with pointer, type, range, default and meaning, within 100 columns.
std::string key_table(const Json& schema);

}  // namespace deltasim::sim
