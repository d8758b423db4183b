#include "sim/config.hpp"

#include "sim/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace deltasim::sim {
namespace {

/// A value as a message shows it: short.
std::string shown(const Json& json) {
  if (json.is_object()) return "an object";
  if (json.is_array()) return "an array";
  if (json.is_string()) {
    const std::string text = json.get<std::string>();
    if (text.size() > 40) return "a text of " + std::to_string(text.size()) + " bytes";
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Keys that any object may have: what its author notes, and the schema for editors.
bool is_note(const std::string& key) {
  for (const char* note : note_keys)
    if (key == note) return true;
  return false;
}

}  // namespace

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> result;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    result.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return result;
}

std::string range_text(std::int64_t low, std::int64_t high) {
  return fmt::format("an integer from {} to {}", low, high);
}

std::string range_text(std::uint64_t low, std::uint64_t high) {
  if (high == std::numeric_limits<std::uint64_t>::max())
    return low == 0 ? "an integer, 0 or more" : fmt::format("an integer, {} or more", low);
  return fmt::format("an integer from {} to {}", low, high);
}

std::string range_text(double low, double high) {
  const bool from = low > std::numeric_limits<double>::lowest(), to = high < std::numeric_limits<double>::max();
  if (from && to) return fmt::format("a number from {} to {}", low, high);
  return from ? fmt::format("a number, {} or more", low) : to ? fmt::format("a number up to {}", high) : "a number";
}

Reader::Reader(const Document& document, std::string pointer)
    : document_(document), pointer_(std::move(pointer)), json_(*document.find(pointer_)) {
  if (!json_.is_object())
    throw document_.error(pointer_, "is " + shown(json_), "must be an object: { \"key\": value, ... }");
}

const Json* Reader::find(const char* key) {
  known_.insert(key);
  const auto found = json_.find(key);
  return found == json_.end() ? nullptr : &*found;
}

void Reader::field(const char* key, bool& value, const char*) {
  const Json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_boolean()) throw document_.error(at(key), "is " + shown(*found), "must be true or false");
  value = found->get<bool>();
}

std::string Reader::text(const Json& json, const std::string& place) const {
  if (!json.is_string()) throw document_.error(place, "is " + shown(json), "must be a text in quotes");
  return json.get<std::string>();
}

void Reader::field(const char* key, std::string& value, const char*) {
  if (const Json* found = find(key)) value = text(*found, at(key));
}

void Reader::path(const char* key, std::string& value, const char*) {
  const Json* found = find(key);
  if (found == nullptr) return;
  value = text(*found, at(key));
  if (value.find('\0') != std::string::npos)
    throw document_.error(at(key), "contains a zero byte", "must be the path of a file");
  if (!value.empty()) value = document_.resolve_path(at(key), value);
}

void Reader::names(const char* key, std::vector<std::string>& values, const char* allowed, const char*) {
  const Json* found = find(key);
  if (found == nullptr) return;
  require_array(*found, at(key));
  values.clear();
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::string name = text((*found)[i], at(key, i));
    if (*allowed != '\0') chosen((*found)[i], at(key, i), allowed);
    if (*allowed != '\0' && std::find(values.begin(), values.end(), name) != values.end())
      throw document_.error(at(key, i), fmt::format("'{}' appears twice", name), "keep one of them");
    values.push_back(name);
  }
}

void Reader::raw(const char* key, Json& value, const char*) {
  if (const Json* found = find(key)) value = *found;
}

void Reader::any(const char* key, Json& value, const char* type, const char*) {
  const Json* found = find(key);
  if (found == nullptr) return;
  const bool wants_array = std::string_view(type) == "array";
  if (wants_array) require_array(*found, at(key));
  if (!wants_array && !found->is_object())
    throw document_.error(at(key), "is " + shown(*found), "must be an object: { \"key\": value, ... }");
  value = *found;
}

void Reader::required(const char* key) {
  if (find(key) == nullptr)
    throw document_.error(pointer_, fmt::format("the key '{}' is missing", key), "it has no default and must be given");
}

void Reader::skip(const char* key, const char*, const char*) { known_.insert(key); }

void Reader::finish() const {
  for (const auto& [key, value] : json_.items())
    if (!known_.count(key) && !is_note(key))
      throw document_.error(pointer_ + pointer_step(key), "unknown key",
                            suggestion(key, {known_.begin(), known_.end()}, "keys"));
}

std::uint64_t Reader::unsigned_integer(const Json& json, const std::string& place, std::uint64_t low,
                                       std::uint64_t high) const {
  // by hand, because get<std::uint64_t>() takes -4, 1.9 and true without a word
  const bool fits = json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
  if (!fits || json.get<std::uint64_t>() < low || json.get<std::uint64_t>() > high)
    throw document_.error(place, "is " + shown(json), "must be " + range_text(low, high));
  return json.get<std::uint64_t>();
}

std::int64_t Reader::signed_integer(const Json& json, const std::string& place, std::int64_t low,
                                    std::int64_t high) const {
  const bool fits = json.is_number_integer() &&
                    (!json.is_number_unsigned() ||
                     json.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  if (!fits || json.get<std::int64_t>() < low || json.get<std::int64_t>() > high)
    throw document_.error(place, "is " + shown(json), "must be " + range_text(low, high));
  return json.get<std::int64_t>();
}

double Reader::real(const Json& json, const std::string& place, double low, double high) const {
  const double value = json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!(value >= low && value <= high))
    throw document_.error(place, "is " + shown(json), "must be " + range_text(low, high));
  return value;
}

std::size_t Reader::chosen(const Json& json, const std::string& place, std::string_view names,
                           std::string_view parts) const {
  const auto allowed = split_names(names);
  std::string list = fmt::format("must be one of: {}", fmt::join(allowed, ", "));
  if (!parts.empty()) list += fmt::format("; or [{}]", fmt::join(split_names(parts), ", "));
  if (!json.is_string()) throw document_.error(place, "is " + shown(json), list);
  const std::string name = json.get<std::string>();
  const auto found = std::find(allowed.begin(), allowed.end(), name);
  if (found == allowed.end()) throw document_.error(place, "is " + shown(json), list);
  return static_cast<std::size_t>(found - allowed.begin());
}

void Reader::require_array(const Json& json, const std::string& place) const {
  if (!json.is_array()) throw document_.error(place, "is " + shown(json), "must be an array: [ ... ]");
}

std::vector<std::string> Reader::tuple_places(const Json& json, const std::string& place,
                                              std::string_view parts) const {
  const auto names = split_names(parts);
  const std::string form = fmt::format("must be [{}]", fmt::join(names, ", "));
  std::vector<std::string> places;
  if (json.is_array()) {
    if (json.size() != names.size()) throw document_.error(place, fmt::format("has {} elements", json.size()), form);
    for (std::size_t i = 0; i < names.size(); ++i) places.push_back(place + "/" + std::to_string(i));
    return places;
  }
  if (!json.is_object()) throw document_.error(place, "is " + shown(json), form);
  for (const std::string& name : names) {
    if (!json.contains(name)) throw document_.error(place, fmt::format("the key '{}' is missing", name), form);
    places.push_back(place + pointer_step(name));
  }
  for (const auto& [key, value] : json.items())
    if (std::find(names.begin(), names.end(), key) == names.end())
      throw document_.error(place + pointer_step(key), "unknown key", suggestion(key, names, "keys"));
  return places;
}

std::vector<std::string> Reader::entry_names(const std::string& place) const {
  const Json& json = *document_.find(place);
  if (!json.is_object()) throw document_.error(place, "is " + shown(json), "must be an object: { \"name\": ... }");
  std::vector<std::string> names;
  for (const auto& [key, value] : json.items())
    if (!is_note(key)) names.push_back(key);
  return names;
}

}  // namespace deltasim::sim
