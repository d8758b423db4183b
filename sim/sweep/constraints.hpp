#pragma once

#include "sim/sweep/space.hpp"

#include <memory>
#include <string>
#include <vector>

namespace deltasim::sim {

/// Expressions over the columns of a sweep (muParserX): numbers, texts, comparisons, and, or, %, the usual functions.
class Constraints {
 public:
  /// Errors: InputError with the place of the expression.
  Constraints(const Document& document, const std::vector<std::string>& expressions,
              const std::vector<SweepColumn>& columns);
  ~Constraints();
  Constraints(const Constraints&) = delete;
  Constraints& operator=(const Constraints&) = delete;

  /// Whether all are true. Errors: InputError where one has no answer for these values.
  bool allow(const std::vector<Json>& cells) const;

 private:
  struct Parser;
  const Document& document_;
  std::vector<std::string> expressions_, names_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace deltasim::sim
