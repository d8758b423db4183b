#include "sim/validation/comparison.hpp"

#include <cmath>

namespace deltasim::sim {

double Comparison::deviation() const {
  if (!expected) return 0.0;
  return *expected == 0.0 ? got : got / *expected - 1.0;
}

Comparison::Verdict Comparison::verdict() const {
  if (!expected) return Verdict::skipped;
  return std::fabs(deviation()) <= tolerance ? Verdict::pass : Verdict::fail;
}

}  // namespace deltasim::sim
