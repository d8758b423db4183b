#include "sim/override.hpp"

#include "sim/json_text.hpp"

namespace deltasim::sim {

Override read_override(const std::string& text, const std::string& example) {
  const std::string file = "--set " + text;
  const std::string form = "--set /pointer=value, for example --set " + example;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw models::InputError(file, "", "has no '='", form);
  const std::string pointer = text.substr(0, equals), value = text.substr(equals + 1);
  if (pointer.size() < 2 || pointer[0] != '/')
    throw models::InputError(file, "", "'" + pointer + "' is not a JSON pointer", form);
  for (std::size_t i = 0; i < pointer.size(); ++i)
    if (pointer[i] == '~' && (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
      throw models::InputError(file, "", "'~' stands alone in the pointer", "'~0' for '~', '~1' for '/'");
  return {text, pointer, Json::accept(value) ? parse_json(value, file) : Json(value)};
}

}  // namespace deltasim::sim
