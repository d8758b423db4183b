#include "sim/validation/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace deltasim::sim {
namespace {

using Json = nlohmann::ordered_json;

const char* verdict_name(const Comparison& c) { return verdict_names[static_cast<std::size_t>(c.verdict())]; }
const char* basis_name(const Comparison& c) { return basis_names[static_cast<std::size_t>(c.basis)]; }

/// Whole numbers in full, as cycles and counts are compared exactly; others with five digits.
std::string number(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{:.5g}", value);
}

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? number(value) : number(value) + " " + unit;
}

std::string expected_text(const Comparison& c) { return c.expected ? with_unit(*c.expected, c.unit) : "-"; }
std::string got_text(const Comparison& c) { return c.expected ? with_unit(c.got, c.unit) : "-"; }

std::string deviation_text(const Comparison& c) {
  if (!c.expected) return "-";
  const double d = c.deviation();
  if (d == 0.0) return "0";
  return *c.expected == 0.0 ? number(d) : fmt::format("{:+.2g} %", 100.0 * d);
}

std::string tolerance_text(const Comparison& c) {
  return c.tolerance == 0.0 ? "exact" : fmt::format("{:.2g} %", 100.0 * c.tolerance);
}

/// A bar would end the cell.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string shortened(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 2) + "..";
}

/// Each once: keys of the references with their sources, and notes with the rows that they belong to.
std::vector<std::string> references(const SuiteResult& suite) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  };
  for (const Comparison& c : suite.comparisons) add(fmt::format("{}: {}", c.reference, c.source));
  for (const Comparison& c : suite.comparisons)
    if (!c.note.empty()) add(fmt::format("{} ({}): {}", c.reference, basis_name(c), c.note));
  return lines;
}

std::string summary(const std::vector<SuiteResult>& results) {
  const VerdictCounts n = count_verdicts(results);
  std::string text = fmt::format("{} comparisons: {} pass, {} fail", n.pass + n.fail + n.skipped, n.pass, n.fail);
  if (n.skipped > 0) text += fmt::format(", {} skipped (their reference data is not at hand: --data)", n.skipped);
  return text;
}

}  // namespace

std::vector<SuiteResult> validate(const std::vector<Suite>& suites, const std::function<void(std::size_t)>& progress) {
  std::vector<SuiteResult> results;
  for (const Suite& suite : suites) {
    results.push_back({suite.name, suite.about, suite.run()});
    if (progress) progress(results.size());
  }
  return results;
}

VerdictCounts count_verdicts(const std::vector<SuiteResult>& results) {
  VerdictCounts n;
  for (const SuiteResult& suite : results)
    for (const Comparison& c : suite.comparisons) {
      if (c.verdict() == Comparison::Verdict::pass) ++n.pass;
      if (c.verdict() == Comparison::Verdict::fail) ++n.fail;
      if (c.verdict() == Comparison::Verdict::skipped) ++n.skipped;
    }
  return n;
}

Json validation_json(const std::vector<SuiteResult>& results) {
  const VerdictCounts n = count_verdicts(results);
  Json list = Json::array();
  for (const SuiteResult& suite : results) {
    Json rows = Json::array();
    for (const Comparison& c : suite.comparisons) {
      Json row = {{"what", c.what},         {"reference", c.reference},
                  {"source", c.source},     {"unit", c.unit},
                  {"expected", nullptr},    {"got", nullptr},
                  {"deviation", nullptr},   {"tolerance", c.tolerance},
                  {"basis", basis_name(c)}, {"verdict", verdict_name(c)}};
      if (c.expected) {
        row["expected"] = *c.expected;
        row["got"] = c.got;
        row["deviation"] = c.deviation();
      }
      if (!c.note.empty()) row["note"] = c.note;
      rows.push_back(std::move(row));
    }
    list.push_back({{"name", suite.name}, {"about", suite.about}, {"comparisons", std::move(rows)}});
  }
  return {{"tool", {{"name", "deltasim"}, {"version", DELTASIM_VERSION}}},
          {"verdicts", {{"pass", n.pass}, {"fail", n.fail}, {"skipped", n.skipped}}},
          {"suites", std::move(list)}};
}

std::string validation_table(const std::vector<SuiteResult>& results) {
  fmt::memory_buffer out;
  auto to = std::back_inserter(out);
  for (const SuiteResult& suite : results) {
    fmt::format_to(to, "{}\n", suite.name);
    for (const Comparison& c : suite.comparisons)
      fmt::format_to(to, "  {:<42}{:>15}{:>15}{:>11}{:>7}  {}\n", shortened(c.what, 42),
                     shortened(expected_text(c), 14), shortened(got_text(c), 14), deviation_text(c), tolerance_text(c),
                     verdict_name(c));
  }
  fmt::format_to(to, "\n{}\n", summary(results));
  return fmt::to_string(out);
}

std::string validation_markdown(const std::vector<SuiteResult>& results) {
  fmt::memory_buffer out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "# Validation\n\nMade by `deltasim validate`. {}.\n\n", summary(results));
  fmt::format_to(to,
                 "*Deviation* is got / expected - 1. *Calibrated* rows are figures that constants of the model were "
                 "fitted to: they "
                 "agree by construction and prove only that a fit exists.\n");
  for (const SuiteResult& suite : results) {
    fmt::format_to(to, "\n## {}\n\n{}\n\n", suite.name, suite.about);
    fmt::format_to(to, "| what | reference | expected | got | deviation | tolerance | basis | verdict |\n");
    fmt::format_to(to, "|---|---|---|---|---|---|---|---|\n");
    for (const Comparison& c : suite.comparisons)
      fmt::format_to(to, "| {} | {} | {} | {} | {} | {} | {} | {} |\n", cell(c.what), cell(c.reference),
                     expected_text(c), got_text(c), deviation_text(c), tolerance_text(c), basis_name(c),
                     verdict_name(c));
    fmt::format_to(to, "\n");
    for (const std::string& line : references(suite)) fmt::format_to(to, "- {}\n", line);
  }
  return fmt::to_string(out);
}

}  // namespace deltasim::sim
