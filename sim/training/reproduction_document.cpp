#include "sim/training/reproduction_document.hpp"

namespace deltasim::sim {
void write_reproduction(const Json&, const std::string&) {}
std::string reproduction_block(const Json&, const std::string&) { return ""; }
}  // namespace deltasim::sim
