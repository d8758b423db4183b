#pragma once

#include "sim/validation/comparison.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

/// `deltasim validate`: every comparison, its result as JSON, as a table for terminals and as the document
/// docs/validation.md.
namespace deltasim::sim {

struct SuiteResult {
  std::string name, about;
  std::vector<Comparison> comparisons;
};

/// Runs the suites in order; `progress` is called with the number of suites that are done.
std::vector<SuiteResult> validate(const std::vector<Suite>& suites, const std::function<void(std::size_t)>& progress);

struct VerdictCounts {
  std::size_t pass = 0, fail = 0, skipped = 0;
};
VerdictCounts count_verdicts(const std::vector<SuiteResult>& results);

nlohmann::ordered_json validation_json(const std::vector<SuiteResult>& results);
/// At most 100 columns.
std::string validation_table(const std::vector<SuiteResult>& results);
std::string validation_markdown(const std::vector<SuiteResult>& results);

}  // namespace deltasim::sim
