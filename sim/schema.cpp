#include "sim/schema.hpp"

#include "hw/params.hpp"
#include "models/error.hpp"
#include "sim/run_describe.hpp"
#include "sim/suggestion.hpp"
#include "sim/sweep/sweep_config.hpp"
#include "sim/systolic_execution.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

constexpr std::size_t table_width = 100;
constexpr const char* calibration_input = "/network/calibration/input";  ///< has the keys of /input once more
constexpr const char* base_meaning = "file to start from; the other keys override it";
constexpr const char* tuple_mark = "the same by name";

/// An object with keys of its own; a tuple's parts have no rows.
bool has_keys(const Json& form) { return form.contains("properties") && form.value("description", "") != tuple_mark; }

std::string number_range(const Json& form) {
  const Json low = form.value("minimum", Json()), high = form.value("maximum", Json());
  const auto shown = [](const Json& bound) {
    return bound.is_number_float() ? fmt::format("{}", bound.get<double>()) : bound.dump();
  };
  const std::string type = form["type"] == "integer" ? "integer" : "number";
  return high.is_null() ? fmt::format("{} >= {}", type, shown(low))
                        : fmt::format("{} {} .. {}", type, shown(low), shown(high));
}

std::string type_text(const Json& form) {
  if (form.contains("properties")) return "object";
  if (form.contains("enum")) {
    std::string text;
    for (const Json& name : form["enum"])
      text += (text.empty() ? "" : " | ") + (name.is_string() ? name.get<std::string>() : name.dump());
    return text;
  }
  if (form.contains("anyOf")) {
    std::string text;
    for (const Json& option : form["anyOf"]) {
      if (option.value("description", "") == tuple_mark) continue;
      text += (text.empty() ? "" : ", or ") + type_text(option);
    }
    return text;
  }
  if (form["type"].is_array()) {
    std::string text;
    for (const Json& type : form["type"]) {
      Json one = form;
      one["type"] = type;
      text += (text.empty() ? "" : ", or ") + type_text(one);
    }
    return text;
  }
  if (form["type"] == "integer" || form["type"] == "number") return number_range(form);
  if (form["type"] == "string") return form.contains("title") ? "path" : "text";
  if (form["type"] == "boolean") return "true | false";
  if (form["type"] == "array" && !form.contains("items")) return "array";
  if (form["type"] == "array") {
    if (form.contains("title")) return form["title"].get<std::string>() + " of " + type_text(form["items"]);
    return "array of " + type_text(form["items"]);
  }
  if (form["type"] == "object" && !form.contains("properties") && form.contains("additionalProperties"))
    return "object by name";
  return form["type"].get<std::string>();
}

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string result, line(indent, ' ');
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (line.size() > indent && line.size() + 1 + word.size() > table_width) {
      result += line + "\n";
      line.assign(indent, ' ');
    }
    line += (line.size() > indent ? " " : "") + word;
    begin = end + 1;
  }
  return result + line + "\n";
}

void add_rows(std::string& table, const Json& schema, const std::string& pointer);

/// What may stand below a key: its own keys, or those of each element.
void add_rows_below(std::string& table, const Json& schema, const std::string& pointer) {
  if (pointer == calibration_input) {
    table += pointer + "/...\n    the keys of /input in a run file\n";
    return;
  }
  if (has_keys(schema)) add_rows(table, schema, pointer);
  Json forms = schema.contains("anyOf") ? schema["anyOf"] : Json::array({schema});
  for (const Json& form : forms) {
    if (schema.contains("anyOf") && has_keys(form)) add_rows(table, form, pointer);
    if (form.contains("items") && form["items"].contains("properties"))
      add_rows(table, form["items"], pointer + "/<n>");
    if (form.contains("additionalProperties") && form["additionalProperties"].is_object() &&
        form["additionalProperties"].contains("properties"))
      add_rows(table, form["additionalProperties"], pointer + "/<name>");
  }
}

void add_rows(std::string& table, const Json& schema, const std::string& pointer) {
  const Json required = schema.contains("anyOf") ? schema["anyOf"][0].value("required", Json::array()) : Json::array();
  for (const auto& [key, property] : schema["properties"].items()) {
    if (property["description"] == base_meaning || property["description"] == note_meaning) continue;
    const std::string place = fmt::format("{}/{}", pointer, key);
    std::string facts = type_text(property);
    if (std::find(required.begin(), required.end(), Json(key)) != required.end())
      facts += "; required";
    else if (property.contains("default"))
      facts += "; default " + property["default"].dump();
    table += fmt::format("{}\n{}{}", place, wrapped(facts, 4), wrapped(property.value("description", ""), 6));
    add_rows_below(table, property, place);
  }
}

Json titled(const Json& schema, const std::string& title) {
  Json result{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  result.update(schema);
  return result;
}

}  // namespace

void SchemaWriter::put(const char* key, Json type, const Json& value, const char* meaning) {
  type["default"] = value;
  put_object(key, std::move(type), meaning);
}

void SchemaWriter::put_object(const char* key, Json type, const char* meaning) {
  type["description"] = meaning;
  properties_[key] = std::move(type);
}

Json SchemaWriter::or_null(Json type) {
  type["type"] = Json::array({type["type"], "null"});
  return type;
}

Json SchemaWriter::one_or_many(const Json& element) {
  return {{"anyOf", Json::array({element, {{"type", "array"}, {"items", element}}})}};
}

Json SchemaWriter::tuple_forms(std::string_view parts, const Json& element) {
  const auto names = split_names(parts);
  Json properties = Json::object();
  for (const std::string& name : names) properties[name] = element;
  return Json::array({{{"type", "array"},
                       {"title", fmt::format("[{}]", fmt::join(names, ", "))},
                       {"items", element},
                       {"minItems", names.size()},
                       {"maxItems", names.size()}},
                      {{"type", "object"},
                       {"description", tuple_mark},
                       {"properties", properties},
                       {"required", names},
                       {"additionalProperties", false}}});
}

void SchemaWriter::names(const char* key, const std::vector<std::string>& values, const char* allowed,
                         const char* meaning) {
  Json element{{"type", "string"}};
  if (*allowed != '\0') element = {{"enum", split_names(allowed)}};
  put(key, {{"type", "array"}, {"items", element}}, values, meaning);
}

void SchemaWriter::raw(const char* key, const Json&, const char* meaning) {
  put_object(key, {{"anyOf", Json::array({{{"type", "string"}, {"title", "path"}}, {{"type", "object"}}})}}, meaning);
}

Json SchemaWriter::finished(bool from_file) const {
  Json schema{{"type", "object"}, {"properties", properties_}};
  for (const char* note : note_keys)
    if (!properties_.contains(note)) schema["properties"][note] = {{"description", note_meaning}};
  if (from_file) {
    schema["properties"]["base"] = {{"type", "string"}, {"description", base_meaning}};
  }
  schema["additionalProperties"] = false;
  if (required_.empty()) return schema;
  Json complete = Json::array({Json{{"required", required_}}});
  if (from_file) complete.push_back({{"required", Json::array({"base"})}});  // the base may give them
  schema["anyOf"] = complete;
  return schema;
}

const std::vector<std::string>& schema_kinds() {
  static const std::vector<std::string> kinds{"run", "sweep", "hw", "systolic", "network"};
  return kinds;
}

Json schema_of(const std::string& kind) {
  if (kind == "hw") {
    hw::ChipParams chip;
    return titled(SchemaWriter::of(chip, true), "deltasim hardware");
  }
  if (kind == "systolic") {
    hw::SystolicParams array;
    return titled(SchemaWriter::of(array, true), "deltasim systolic array");
  }
  if (kind == "network") {
    NetworkConfig network;
    return titled(SchemaWriter::of(network, true), "deltasim network description");
  }
  if (kind == "sweep") {
    SweepConfig sweep;
    return titled(SchemaWriter::of(sweep), "deltasim sweep");
  }
  if (kind == "run") {
    RunConfig run;
    Json schema = SchemaWriter::of(run, true);
    schema["anyOf"].push_back({{"properties", {{"executions", {{"const", Json::array({systolic_name})}}}}},
                               {"required", Json::array({"network", "executions"})}});
    return titled(schema, "deltasim run file");
  }
  throw models::InputError(kind, "", "is not a kind of configuration file", suggestion(kind, schema_kinds(), "kinds"));
}

std::string key_table(const Json& schema) {
  std::string table;
  add_rows(table, schema, "");
  return table;
}

}  // namespace deltasim::sim
