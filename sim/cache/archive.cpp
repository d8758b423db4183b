#include "sim/cache/archive.hpp"

#include "sim/cache/digest.hpp"

#include <fmt/format.h>
#include <boost/archive/basic_archive.hpp>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>

#include <sstream>

/// One function for each type, for both directions; members in the order of their declaration.
namespace boost::serialization {

namespace hw = deltasim::hw;
namespace models = deltasim::models;
namespace sim = deltasim::sim;

template <class Archive, class T>
void optional_value(Archive& a, std::optional<T>& value) {
  bool there = value.has_value();
  a& there;
  if (!there) return value.reset();
  if (!value) value.emplace();
  a&* value;
}

template <class Archive, class Enum, std::size_t total>
void serialize(Archive& a, hw::Tally<Enum, total>& tally, unsigned) {
  for (std::size_t i = 0; i < total; ++i) a& tally[static_cast<Enum>(i)];
}

template <class Archive>
void serialize(Archive& a, hw::BranchResult& r, unsigned) {
  a& r.counts& r.cycles& r.lost_events& r.macs_nonzero_weight;
}

template <class Archive>
void serialize(Archive& a, hw::FrameResult& r, unsigned) {
  a& r.started& r.finished& r.rows;
}

template <class Archive>
void serialize(Archive& a, hw::CoreResult& r, unsigned) {
  a& r.counts& r.causes& r.lost_events& r.input_queue_high_water& r.output_queue_high_water;
}

template <class Archive>
void serialize(Archive& a, hw::LinkResult& r, unsigned) {
  a& r.from& r.to& r.flits& r.high_water;
}

template <class Archive>
void serialize(Archive& a, hw::DramResult& r, unsigned) {
  a& r.busy_cycles& r.weight_bursts& r.state_read_bursts& r.state_write_bursts;
}

template <class Archive>
void serialize(Archive& a, hw::MachineResult& r, unsigned) {
  a& r.cycles& r.frames& r.cores& r.links& r.ports;
  optional_value(a, r.dram);
  a& r.rows& r.checked_values;
}

template <class Archive>
void serialize(Archive& a, models::BranchWork& w, unsigned) {
  a& w.events& w.active_pixels& w.macs& w.macs_nonzero_weight;
}

template <class Archive>
void serialize(Archive& a, sim::Simulation& s, unsigned) {
  a& s.machine& s.work& s.outputs& s.lossless_outputs;
}

template <class Archive>
void serialize(Archive& a, sim::Answers& answers, unsigned) {
  std::uint64_t frames = answers.labels.size();
  a& frames;
  answers.labels.resize(frames);
  for (auto& label : answers.labels) optional_value(a, label);
  a& answers.outputs;
}

template <class Archive>
void serialize(Archive& a, models::Calibration& c, unsigned) {
  a& c.low& c.high;
}

template <class Archive>
void serialize(Archive& a, models::Shape& s, unsigned) {
  a& s.channels& s.height& s.width;
}

template <class Archive>
void serialize(Archive& a, models::Source& s, unsigned) {
  bool mapped = s.view.map != nullptr;
  std::vector<std::uint32_t> map;
  if (mapped) map = *s.view.map;
  a& s.producer& s.view.channel_offset& mapped& map;
}

template <class Archive>
void serialize(Archive& a, models::Window& w, unsigned) {
  a& w.kernel_h& w.kernel_w& w.stride_h& w.stride_w& w.dilation_h& w.dilation_w& w.pad_top& w.pad_left;
}

template <class Archive>
void serialize(Archive& a, models::GraphBranch& b, unsigned) {
  a& b.kind& b.sources& b.input& b.window& b.groups& b.weights& b.bias& b.stored_weights& b.stored_bias;
  a& b.weight_scale& b.derived_weights& b.pool_divisor;
}

template <class Archive>
void serialize(Archive& a, models::ActivationQuant& q, unsigned) {
  a& q.scale& q.zero_point& q.low& q.high& q.channel_scale;
}

template <class Archive>
void serialize(Archive& a, models::GraphLayer& l, unsigned) {
  a& l.branches& l.output& l.low& l.high;
  optional_value(a, l.quant);
  a& l.raw_output;
}

template <class Archive>
void serialize(Archive& a, models::Output& o, unsigned) {
  a& o.dims& o.sources;
}

template <class Archive>
void serialize(Archive& a, models::Graph& g, unsigned) {
  a& g.layers& g.outputs& g.output_activation& g.quantised& g.integer_input;
}

}  // namespace boost::serialization

namespace deltasim::sim {
namespace {

// The header says which version of the library wrote it: our keys do, too (archive_format).
constexpr auto flags = boost::archive::no_header;

template <class T>
std::string pack(const T& value) {
  std::ostringstream bytes(std::ios::binary);
  boost::archive::binary_oarchive(bytes, flags) << value;
  return bytes.str();
}

/// All of the bytes, or false.
template <class T>
bool unpack_as(const std::string& bytes, T& value) {
  try {
    std::istringstream stream(bytes, std::ios::binary);
    boost::archive::binary_iarchive(stream, flags) >> value;
    return stream.peek() == std::istringstream::traits_type::eof();
  } catch (const std::exception&) {  // boost's own, and lengths that no memory can hold
    return false;
  }
}

}  // namespace

std::string packed(const Simulation& simulation) { return pack(simulation); }
std::string packed(const Answers& answers) { return pack(answers); }
std::string packed(const FrameOutputs& outputs) { return pack(outputs); }
std::string packed(const models::Calibration& calibration) { return pack(calibration); }

bool unpack(const std::string& bytes, Simulation& simulation) { return unpack_as(bytes, simulation); }
bool unpack(const std::string& bytes, Answers& answers) { return unpack_as(bytes, answers); }
bool unpack(const std::string& bytes, FrameOutputs& outputs) { return unpack_as(bytes, outputs); }
bool unpack(const std::string& bytes, models::Calibration& calibration) { return unpack_as(bytes, calibration); }

std::string digest_of_graph(const models::Graph& graph) { return digest_of(pack(graph)); }

std::string archive_format() {
  const std::uint32_t one = 1;
  return fmt::format("boost {}, {} bit, {} endian", unsigned(boost::archive::BOOST_ARCHIVE_VERSION()),
                     8 * sizeof(std::size_t), *reinterpret_cast<const char*>(&one) == 1 ? "little" : "big");
}

}  // namespace deltasim::sim
