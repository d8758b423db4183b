#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// What a comparison proves. A figure that constants were fitted to agrees by construction: it is no validation.
enum class Basis : unsigned char {
  independent,  ///< the reference knows nothing of this program, nothing was fitted to it
  calibrated,   ///< constants of the model were fitted to this very figure
};

/// One figure of this program against somebody else's.
struct Comparison {
  std::string what;
  std::string reference;  ///< key of the reference: "SYS", "PN-ops", "RTL core", ...
  std::string source;     ///< where the expected value stands, or what computed it
  std::string unit;
  std::optional<double> expected;  ///< absent: the reference is not at hand, the comparison is skipped
  double got = 0;
  double tolerance = 0;  ///< largest |got / expected - 1|; 0: equal
  Basis basis = Basis::independent;
  std::string note = {};

  /// got / expected - 1; where 0 is expected, got itself.
  double deviation() const;
  enum class Verdict : unsigned char { pass, fail, skipped };
  Verdict verdict() const;
};

inline constexpr const char* verdict_names[] = {"pass", "fail", "skipped"};
inline constexpr const char* basis_names[] = {"independent", "calibrated"};

/// A group of comparisons with one subject.
struct Suite {
  std::string name;
  std::string about;  ///< what is compared with what, in a sentence or two
  std::function<std::vector<Comparison>()> run;
};

/// All that there are. `data`: folder with golden vectors that the program does not carry ("" = not at hand).
std::vector<Suite> suites(const std::string& data);

}  // namespace deltasim::sim
