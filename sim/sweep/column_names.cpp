#include "sim/sweep/column_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace deltasim::sim {
namespace {

std::string as_name(const std::string& text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    name += std::isalnum(static_cast<unsigned char>(text[i])) != 0 ? text[i] : '_';
    if (text[i] == '~') ++i;  // "~0" and "~1" are one character
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) name.insert(0, "_");
  return name;
}

std::size_t steps_in(const std::string& pointer) {
  return static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/'));
}

/// The last `steps` of a pointer.
std::string end_of(const std::string& pointer, std::size_t steps) {
  std::size_t at = pointer.size();
  for (std::size_t i = 0; i < steps && at > 0; ++i) at = pointer.rfind('/', at - 1);
  return as_name(pointer.substr(at + 1));
}

void check_given(const ColumnName& column, const std::vector<std::string>& taken, const Document& document) {
  if (column.given.empty()) return;
  if (column.given != as_name(column.given))
    throw document.error(column.place + "/name", "'" + column.given + "' cannot stand in an expression",
                         "letters, digits and _, no digit first");
  if (std::find(taken.begin(), taken.end(), column.given) != taken.end())
    throw document.error(column.place + "/name", "'" + column.given + "' is a column of the results", "another name");
}

}  // namespace

std::vector<std::string> settle_names(const std::vector<ColumnName>& columns, const std::vector<std::string>& taken,
                                      const Document& document) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    check_given(columns[i], taken, document);
    for (std::size_t k = 0; k < i; ++k)
      if (columns[i].pointer == columns[k].pointer)
        throw document.error(columns[i].place,
                             fmt::format("changes '{}' like {}", columns[i].pointer, columns[k].place),
                             "one axis for a pointer");
  }
  std::vector<std::size_t> depth(columns.size(), 1);
  while (true) {
    std::map<std::string, std::vector<std::size_t>> users;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      names.push_back(columns[i].given.empty() ? end_of(columns[i].pointer, depth[i]) : columns[i].given);
      users[names[i]].push_back(i);
    }
    bool deeper = false;
    for (const auto& [name, who] : users) {
      if (who.size() == 1 && std::find(taken.begin(), taken.end(), name) == taken.end()) continue;
      bool grown = false;
      for (const std::size_t i : who)
        if (columns[i].given.empty() && depth[i] < steps_in(columns[i].pointer)) grown = ++depth[i] > 0;
      if (!grown)
        throw document.error(columns[who.back()].place, fmt::format("its column '{}' has another meaning, too", name),
                             "the key 'name'");
      deeper = true;
    }
    if (!deeper) return names;
  }
}

}  // namespace deltasim::sim
