#include "traces/natural_order.hpp"

namespace deltasim::traces {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The run of digits at `at` without its leading zeros; `at` moves behind it.
std::string digits(const std::string& text, std::size_t& at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  while (at + 1 < end && text[at] == '0') ++at;
  std::string run = text.substr(at, end - at);
  at = end;
  return run;
}

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string left = digits(a, i), right = digits(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i, ++j;
    }
  }
  const bool a_ends = i == a.size(), b_ends = j == b.size();
  if (a_ends != b_ends) return a_ends;
  return a < b;  // 01 and 1: any fixed order
}

}  // namespace deltasim::traces
