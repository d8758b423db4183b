#include "sim/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace deltasim::sim {
namespace {

std::string folded(const std::string& word) {
  std::string result;
  for (const char c : word)
    result += c == '-' || c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Letters to insert, remove or replace.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(const std::string& given, const std::vector<std::string>& known, const std::string& what) {
  const std::string* nearest = nullptr;
  std::size_t best = std::max<std::size_t>(2, given.size() / 3) + 1;
  if (given.size() <= 64)
    for (const std::string& candidate : known) {
      const std::size_t distance = edit_distance(folded(given), folded(candidate));
      if (distance >= best || distance >= candidate.size()) continue;
      best = distance;
      nearest = &candidate;
    }
  if (nearest != nullptr) return fmt::format("did you mean '{}'?", *nearest);
  if (known.empty()) return "there are none here";
  return fmt::format("{} here: {}", what, fmt::join(known, ", "));
}

}  // namespace deltasim::sim
