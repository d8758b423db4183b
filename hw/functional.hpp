#pragma once

#include "hw/machine.hpp"
#include "hw/plan.hpp"
#include "hw/slice_values.hpp"
#include "hw/stream.hpp"
#include "models/encoder.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace deltasim::hw {

/// The real integers of every slice, beside the machine's timing: what cores compute from the events that reach them,
/// and what they would send, compared with what the source says that they send.
///
/// A slice's values enter when it is evaluated; a layer is encoded and compared when all its slices are, since some
/// rules decide over all channels of a pixel.
class Functional {
 public:
  Functional(const Plan& plan, const models::RuleSet& rules, const Stream& stream);

  void integrate(std::uint32_t slice, std::uint32_t branch, const models::Position& at, std::int32_t value) {
    slices_[slice].integrate(branch, at, value);
  }
  void reset(std::uint32_t slice) { slices_[slice].reset(); }
  /// The slice has integrated all events of `frame`. Errors: CheckError.
  void evaluate(std::uint32_t slice, std::uint64_t frame);
  std::uint64_t checked_values() const { return checked_; }

 private:
  struct Evaluated {
    std::uint32_t slice;
    SliceValues::Pixels pixels;
  };
  struct LayerValues {
    std::vector<std::int64_t> values;                         ///< codes (raw: sums) in order y, x, channel
    std::map<std::uint64_t, std::vector<Evaluated>> pending;  ///< by frame, until all slices are evaluated
  };

  std::vector<std::uint8_t> gather(models::LayerId layer, const std::vector<Evaluated>& parts);
  void check_events(models::LayerId layer, std::uint64_t frame, const std::vector<std::uint8_t>& evaluated);
  void check_outputs(models::LayerId layer, std::uint64_t frame);
  void check_output(const models::Source& source, std::size_t base, std::size_t size, std::uint64_t frame);
  void compare(models::LayerId layer, std::uint64_t frame, const std::vector<models::DeltaEvent>& computed,
               const std::vector<models::DeltaEvent>& sent) const;

  const Plan& plan_;
  const Stream& stream_;
  std::vector<SliceValues> slices_;
  std::vector<LayerValues> layers_;
  std::vector<models::Encoder> encoders_;
  std::vector<models::DeltaEvent> events_;
  std::uint64_t checked_ = 0;
};

}  // namespace deltasim::hw
