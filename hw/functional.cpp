#include "hw/functional.hpp"

namespace deltasim::hw {
class Functional::Layers {};
Functional::Functional(const Plan&, const models::RuleSet&, const Stream&) {}
Functional::~Functional() = default;
void Functional::integrate(std::uint32_t, std::uint32_t, const models::Position&, std::int32_t) {}
void Functional::reset(std::uint32_t) {}
void Functional::evaluate(std::uint32_t, std::uint64_t) {}
std::uint64_t Functional::checked_values() const { return 0; }
}  // namespace deltasim::hw
