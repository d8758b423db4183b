#include "sim/sweep/run_pointer.hpp"

#include "sim/schema.hpp"
#include "sim/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

/// The forms that a value can have; the root's anyOf only says which keys are required.
std::vector<const Json*> forms_of(const Json& schema) {
  if (schema.contains("properties") || !schema.contains("anyOf")) return {&schema};
  std::vector<const Json*> forms;
  for (const Json& form : schema["anyOf"]) forms.push_back(&form);
  return forms;
}

bool is_index(const std::string& step) {
  return !step.empty() && step.find_first_not_of("0123456789") == std::string::npos;
}

struct Step {
  std::vector<const Json*> schemas;
  std::vector<std::string> keys;  ///< where none matched
  bool open = false;
};

Step enter(const std::vector<const Json*>& schemas, const std::string& name) {
  Step step;
  for (const Json* schema : schemas)
    for (const Json* form : forms_of(*schema)) {
      if (form->contains("properties")) {
        const Json& properties = (*form)["properties"];
        if (properties.contains(name)) step.schemas.push_back(&properties[name]);
        for (const auto& [key, value] : properties.items())
          if (value.value("description", "") != note_meaning) step.keys.push_back(key);
      } else if (form->contains("additionalProperties") && (*form)["additionalProperties"].is_object()) {
        step.schemas.push_back(&(*form)["additionalProperties"]);
      } else if (form->contains("items") && is_index(name)) {
        step.schemas.push_back(&(*form)["items"]);
      } else if (form->value("type", Json()) == "object") {
        step.open = true;
      }
    }
  return step;
}

bool holds_integers(const std::vector<const Json*>& schemas) {
  bool integer = false;
  for (const Json* schema : schemas)
    for (const Json* form : forms_of(*schema)) {
      const Json type = form->value("type", Json());
      const auto is = [&](const char* name) {
        return type == name || (type.is_array() && std::find(type.begin(), type.end(), Json(name)) != type.end());
      };
      if (is("number")) return false;
      integer |= is("integer");
    }
  return integer;
}

}  // namespace

RunKey find_run_key(const std::string& pointer,
                    const std::function<void(const std::string& problem, const std::string& remedy)>& fail) {
  const std::string quoted = "'" + pointer + "'";
  const char* form =
      "a JSON pointer into a run file, for example /delta/threshold; 'deltasim config keys run' lists them";
  if (pointer.size() < 2 || pointer[0] != '/') fail(quoted + " is not a JSON pointer", form);
  static const Json schema = schema_of("run");
  std::vector<const Json*> schemas{&schema};
  for (std::size_t begin = 1; begin <= pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string escaped = pointer.substr(begin, end - begin);
    const std::string name = pointer_key(escaped);
    Step step = enter(schemas, name);
    if (step.schemas.empty() && step.open) return {false, true};
    if (step.schemas.empty())
      fail(
          fmt::format("{}: there is no key '{}'{}", quoted, name, step.keys.empty() ? ", nothing stands below it" : ""),
          step.keys.empty() ? form : suggestion(name, step.keys, "keys"));
    schemas = std::move(step.schemas);
    begin = end + 1;
  }
  return {holds_integers(schemas), false};
}

}  // namespace deltasim::sim
