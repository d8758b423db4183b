#include "sim/provenance.hpp"

namespace deltasim::sim {
namespace {

void add_leaves(const Json& json, const std::string& place, std::vector<std::string>& leaves) {
  for (const auto& [key, value] : json.items()) {
    const std::string here = place + pointer_step(key);
    if (value.is_object())
      add_leaves(value, here, leaves);
    else
      leaves.push_back(here);
  }
}

bool names(const std::string& sources, const std::string& key) {
  return (", " + sources + ", ").find(", " + key + ", ") != std::string::npos;
}

std::string text_of(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

void add_entries(const Json& json, const std::string& place, Provenance& p) {
  if (!json.is_structured()) return;
  const bool number = json.is_object() && (json.contains("value") || json.contains("volt"));
  if (number && json.contains("source")) {
    if (json.contains("high") && json["high"] == 0) return;  // says that there is nothing
    ++p.values;
    if (names(text_of(json, "source"), "EST"))
      p.estimates.push_back({place, text_of(json, "source")});
    else
      ++p.published;
    return;
  }
  std::size_t index = 0;
  for (const auto& [key, value] : json.items()) {
    const std::string step = json.is_array() ? "/" + std::to_string(index++) : pointer_step(key);
    if (key != "rows" && key != "sources") add_entries(value, place + step, p);
  }
}

}  // namespace

Json valid_sources(const Document& document, const std::string& place) {
  Json valid = Json::object();
  const Json* sources = document.find(place + "/sources");
  if (sources == nullptr || !sources->is_object()) return valid;
  for (const auto& [pointer, entry] : sources->items()) {
    if (pointer.empty() || pointer[0] != '/' || document.find(place + pointer) == nullptr) continue;
    const std::string said_in = document.file_of(place + "/sources" + pointer_step(pointer));
    if (document.file_of(place + pointer) == said_in) valid[pointer] = entry;
  }
  return valid;
}

Provenance hardware_provenance(const Json& values, const Json& sources) {
  Provenance p;
  std::vector<std::string> leaves;
  add_leaves(values, "", leaves);
  p.values = leaves.size();
  for (const std::string& place : leaves) {
    const Json entry = sources.value(place, Json());
    if (entry.is_null() && values.at(Json::json_pointer(place)).is_null()) {
      --p.values;  // what the chip does not have needs no source
      continue;
    }
    const std::string confidence = entry.is_object() ? text_of(entry, "confidence") : "";
    if (confidence.empty())
      p.unsourced.push_back(place);
    else if (confidence == "D")
      p.estimates.push_back({place, text_of(entry, "source")});
    else if (confidence == "choice")
      ++p.choices;
    else
      ++p.published;
  }
  return p;
}

Provenance energy_provenance(const Json& table) {
  Provenance p;
  add_entries(table, "", p);
  return p;
}

}  // namespace deltasim::sim
