#include "sim/document.hpp"

#include "sim/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

/// The keys of a pointer, unescaped.
std::vector<std::string> steps_of(const std::string& pointer) {
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      steps.emplace_back();
    } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
      steps.back() += pointer[++i] == '1' ? '/' : '~';
    } else {
      steps.back() += pointer[i];
    }
  }
  return steps;
}

std::string folder_of(const std::string& file) { return fs::path(file).parent_path().string(); }

bool begins_with(const std::string& pointer, const std::string& prefix) {
  return pointer.compare(0, prefix.size(), prefix) == 0 &&
         (pointer.size() == prefix.size() || pointer[prefix.size()] == '/');
}

std::optional<std::size_t> index_of(const std::string& step) {
  if (step.empty() || step.size() > 9 || step.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoul(step);
}

std::string identity(const std::string& path) {
  std::error_code failed;
  const fs::path whole = fs::weakly_canonical(path, failed);
  return failed ? path : whole.string();
}

std::string kind_of(const Json& json) {
  return json.is_object() ? "an object" : json.is_array() ? "an array" : "'" + json.dump() + "'";
}

}  // namespace

std::string pointer_step(const std::string& key) {
  std::string step = "/";
  for (const char c : key) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return step;
}

std::string pointer_key(const std::string& step) { return steps_of("/" + step).front(); }

Document Document::read(const std::string& path) { return parse(read_text(path), path); }

Document Document::parse(const std::string& text, const std::string& file) {
  Document document;
  document.json_ = parse_json(text, file);
  document.origins_[""] = {file, "", folder_of(file), false, {file}};
  return document;
}

const Json* Document::find(const std::string& pointer) const {
  const Json* json = &json_;
  for (const std::string& step : steps_of(pointer)) {
    if (json->is_object()) {
      const auto found = json->find(step);
      if (found == json->end()) return nullptr;
      json = &*found;
    } else {
      const auto index = index_of(step);
      if (!json->is_array() || !index || *index >= json->size()) return nullptr;
      json = &(*json)[*index];
    }
  }
  return json;
}

Json& Document::at(const std::string& pointer) { return const_cast<Json&>(*find(pointer)); }

const Document::Origin& Document::recorded(const std::string& pointer, std::size_t* matched) const {
  std::string prefix = pointer;
  while (true) {
    const auto found = origins_.find(prefix);
    if (found != origins_.end()) {
      *matched = prefix.size();
      return found->second;
    }
    prefix.resize(prefix.rfind('/'));  // the root always has an origin
  }
}

Document::Origin Document::origin(const std::string& pointer) const {
  std::size_t matched = 0;
  Origin result = recorded(pointer, &matched);
  result.place += pointer.substr(matched);
  return result;
}

models::InputError Document::error(const std::string& pointer, const std::string& problem,
                                   const std::string& remedy) const {
  const Origin from = origin(pointer);
  return {from.file, from.place, problem, remedy};
}

std::string Document::resolve_path(const std::string& pointer, const std::string& path) const {
  const Origin from = origin(pointer);
  const fs::path beside_file = (fs::path(from.folder) / path).lexically_normal();
  std::error_code failed;
  if (from.typed && !fs::exists(beside_file, failed) && fs::exists(path, failed))
    return fs::path(path).lexically_normal().string();
  return beside_file.string();
}

Document Document::read_from(const std::string& pointer, const std::string& path) const {
  const Origin from = origin(pointer);
  const std::string file = resolve_path(pointer, path);
  std::error_code failed;
  if (!fs::exists(file, failed))
    throw error(pointer, fmt::format("there is no file '{}'", file),
                "a path relative to the file that names it, or the object itself");
  const auto same = [&](const std::string& earlier) { return identity(earlier) == identity(file); };
  if (std::any_of(from.chain.begin(), from.chain.end(), same))
    throw error(pointer,
                fmt::format("files refer to each other in a circle: {} -> {}", fmt::join(from.chain, " -> "), file),
                "remove one of the references");
  Document part = read(file);
  Origin& root = part.origins_[""];
  root.chain = from.chain;
  root.chain.push_back(file);
  return part;
}

void Document::graft(const std::string& pointer, Document part) {
  for (auto it = origins_.begin(); it != origins_.end();)
    it = begins_with(it->first, pointer) ? origins_.erase(it) : std::next(it);
  for (auto& [below, from] : part.origins_) origins_[pointer + below] = std::move(from);
  at(pointer) = std::move(part.json_);
}

void Document::load(const std::string& pointer) {
  graft(pointer, read_from(pointer, find(pointer)->get<std::string>()));
  merge_base(pointer);
}

void Document::merge_base(const std::string& pointer) {
  const Json* json = find(pointer);
  if (json == nullptr || !json->is_object() || !json->contains("base")) return;
  const std::string place = pointer + "/base";
  if (!(*json)["base"].is_string()) throw error(place, "is not a path", "the path of the file to start from");
  Document base = read_from(place, (*json)["base"].get<std::string>());
  base.merge_base("");
  if (!base.json_.is_object()) throw base.error("", "is not an object", "a file that holds an object can be a base");
  Document over = *this;
  over.at(pointer).erase("base");
  base.merge("", over, pointer);
  graft(pointer, std::move(base));
}

void Document::merge(const std::string& pointer, const Document& over, const std::string& over_pointer) {
  const Json& from = *over.find(over_pointer);
  for (const auto& [key, value] : from.items()) {
    const std::string here = pointer + pointer_step(key), there = over_pointer + pointer_step(key);
    const Json* present = find(here);
    if (present != nullptr && present->is_object() && value.is_object()) {
      merge(here, over, there);
      continue;
    }
    at(pointer)[key] = nullptr;
    Document part;
    part.json_ = value;
    for (const auto& [below, origin] : over.origins_)
      if (begins_with(below, there)) part.origins_[below.substr(there.size())] = origin;
    part.origins_[""] = over.origin(there);
    graft(here, std::move(part));
  }
}

void Document::wrap(const std::string& pointer, const std::string& key) {
  const Origin from = origin(pointer);
  Json value = at(pointer);
  at(pointer) = Json::object();
  at(pointer)[key] = std::move(value);
  origins_[pointer + pointer_step(key)] = from;
}

void Document::move(const std::string& from, const std::string& to) {
  Document part;
  part.json_ = at(from);
  part.origins_[""] = origin(from);
  const auto split = [](const std::string& pointer) { return pointer.substr(0, pointer.rfind('/')); };
  at(split(from)).erase(steps_of(from).back());
  at(split(to))[steps_of(to).back()] = nullptr;
  graft(to, std::move(part));
}

Document Document::part(const std::string& pointer) const {
  Document result;
  result.json_ = *find(pointer);
  for (const auto& [below, from] : origins_)
    if (begins_with(below, pointer)) result.origins_[below.substr(pointer.size())] = from;
  result.origins_[""] = origin(pointer);
  return result;
}

void Document::set(const std::string& pointer, const Json& value, const std::string& text) {
  const Origin root = origin("");
  put_value(pointer, value, {"--set " + text, pointer, root.folder, true, root.chain});
}

void Document::put(const std::string& pointer, const Json& value, const Document& from, const std::string& place) {
  put_value(pointer, value, from.origin(place));
}

void Document::put_value(const std::string& pointer, const Json& value, const Origin& from) {
  const auto origin_at = [&](const std::string& place) {
    Origin origin = from;
    if (from.typed) origin.place = place;
    return origin;
  };
  const auto error_at = [&](const std::string& place, const std::string& problem, const std::string& remedy) {
    if (from.typed) return models::InputError(from.file, place.empty() ? "/" : place, problem, remedy);
    return models::InputError(from.file, from.place, fmt::format("'{}' {}", place, problem), remedy);
  };
  std::string here;
  const auto steps = steps_of(pointer);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Json& parent = at(here);
    const auto index = index_of(steps[i]);
    if (parent.is_object()) {
      if (!parent.contains(steps[i])) {
        parent[steps[i]] = i + 1 < steps.size() ? Json::object() : Json();
        const std::string created = here + pointer_step(steps[i]);
        origins_[created] = origin_at(created);
      }
    } else if (!parent.is_array()) {
      throw error_at(here, "is " + kind_of(parent) + ", nothing can be set below it",
                     "a pointer into an object or array; 'deltasim config keys run' lists them");
    } else if (!index || *index >= parent.size()) {
      throw error_at(here, fmt::format("has {} elements, there is no '{}'", parent.size(), steps[i]),
                     "an index from 0");
    }
    here += pointer_step(steps[i]);
  }
  Document part;
  part.json_ = value;
  part.origins_[""] = origin_at(pointer);
  graft(pointer, std::move(part));
}

}  // namespace deltasim::sim
