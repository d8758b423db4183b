#pragma once

#include "hw/machine.hpp"
#include "hw/plan.hpp"
#include "hw/stream.hpp"

#include <cstdint>
#include <memory>

namespace deltasim::hw {

/// The real integers of every slice, beside the machine's timing: what cores would compute from the events that reach
/// them, and what they would send, compared with what the source says that they send.
class Functional {
 public:
  Functional(const Plan& plan, const models::RuleSet& rules, const Stream& stream);
  ~Functional();

  void integrate(std::uint32_t slice, std::uint32_t branch, const models::Position& at, std::int32_t value);
  void reset(std::uint32_t slice);
  /// The slice has integrated all events of `frame`. Errors: CheckError.
  void evaluate(std::uint32_t slice, std::uint64_t frame);
  std::uint64_t checked_values() const;

 private:
  class Layers;
  std::unique_ptr<Layers> layers_;
};

}  // namespace deltasim::hw
