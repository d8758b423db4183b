#pragma once

#include "hw/activity.hpp"
#include "hw/mapping.hpp"
#include "hw/params.hpp"
#include "models/event.hpp"
#include "models/network.hpp"
#include "models/rules.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace deltasim::hw {

class Observer;

/// How units are hosted on the SystemC kernel. Results are the same. Users call it the engine: `wheel`, `systemc`.
enum class Hosting : std::uint8_t {
  wheel,      ///< one process that wakes all units in time order; faster
  processes,  ///< a module, a process and an event for each unit: the reference
};
inline constexpr const char* names_of(Hosting) { return "wheel,systemc"; }

struct MachineOptions {
  Hosting hosting = Hosting::wheel;
  bool check = false;  ///< compute the real integers and compare every layer of every frame with the source
  /// Needed by `check` and by queue_policy drop: what every layer must send; outlives the run.
  const models::RuleSet* rules = nullptr;
  double output_stall_probability = 0.0;  ///< random stalls at every output queue and the output port; for tests
  double port_stall_probability = 0.0;    ///< the same, at the output port alone
  std::uint64_t seed = 1;                 ///< of the stalls
  std::uint64_t construction_seed = 0;    ///< not 0: build modules in a permuted order; must not change results
  /// Called after each finished frame with the number of finished frames; may throw to abandon the run.
  std::function<void(std::uint64_t)> progress;
  /// With queue_policy drop: called with what the machine itself sent and put out in each frame, in order.
  std::function<void(const models::FrameEvents&)> own_frame;
  Observer* observer = nullptr;  ///< looks on; outlives the run
};

/// Work of one branch in one frame (index: see MachineResult::rows).
struct BranchResult {
  Counts counts;
  std::uint64_t cycles =
      0;  ///< of the core that worked longest on it: integration, and evaluation for the first branch
  std::uint64_t lost_events = 0;          ///< dropped at full input queues, once for each core
  std::uint64_t macs_nonzero_weight = 0;  ///< with queue_policy drop; else the stream tells
};

struct FrameResult {
  /// Cycle at which the input port began the frame; with layer_delay, at which the first unit needed it.
  std::uint64_t started = 0;
  std::uint64_t finished = 0;  ///< cycle at which the output port had the last token of the frame
  std::vector<BranchResult> rows;
};

struct CoreResult {
  Counts counts;
  Causes causes;
  std::uint64_t lost_events = 0;
  std::uint64_t input_queue_high_water = 0;   ///< flits
  std::uint64_t output_queue_high_water = 0;  ///< flits
};

struct LinkResult {
  std::uint32_t from = 0, to = 0;  ///< routers, row-major
  std::uint64_t flits = 0;
  std::uint64_t high_water = 0;  ///< flits in the queue at its end, the most at a time
};

/// Traffic of the memory channel; every burst is counted in the row and core it belongs to as well.
struct DramResult {
  std::uint64_t busy_cycles = 0;  ///< of the channel
  std::uint64_t weight_bursts = 0, state_read_bursts = 0, state_write_bursts = 0;
};

/// A plain value: everything the machine says about one execution.
struct MachineResult {
  std::uint64_t cycles = 0;  ///< until nobody had work left: the output port and all cores
  std::vector<FrameResult> frames;
  std::vector<CoreResult> cores;
  std::vector<LinkResult> links;
  Counts ports;                    ///< input and output port
  std::optional<DramResult> dram;  ///< where the chip has one
  /// Order of FrameResult::rows: layer by layer, branch by branch; encoding, sending and evaluation count for the
  /// layer's first branch; layer 0 (the input port) has one row.
  std::vector<std::pair<models::LayerId, std::uint32_t>> rows;
  std::uint64_t checked_values = 0;  ///< with `check`: events and outputs compared
};

/// The machine computed something else than the source says: our fault. The message names frame, layer and neuron.
class CheckError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Runs one execution on its own SystemC context, to the last frame of `source`.
/// Errors: CheckError (with `check`); whatever source or progress throw. Our own deadlock is a std::logic_error.
MachineResult simulate(const models::Network& network, const Mapping& mapping, const ChipParams& chip,
                       models::EventSource& source, const MachineOptions& options);

}  // namespace deltasim::hw
