#include "models/network.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <cstring>
#include <type_traits>

namespace deltasim::models {
namespace {

/// Bytes that are the same on every machine: little endian, lists preceded by their length.
class CanonicalBytes {
 public:
  template <typename T>
  void put(T value) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    for (std::size_t i = 0; i < sizeof(T); ++i, bits >>= 8) bytes_.push_back(static_cast<char>(bits & 0xff));
  }
  void put(double value) {
    std::uint64_t bits = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    put(bits);
  }
  template <typename T>
  void put(const std::vector<T>& values) {
    put(std::uint64_t{values.size()});
    for (const T& value : values) put(value);
  }
  void put(const Shape& s) {
    for (const std::uint32_t extent : {s.channels, s.height, s.width}) put(extent);
  }
  void put(const Window& w) {
    for (const std::uint32_t v : {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w}) put(v);
    put(w.pad_top);
    put(w.pad_left);
  }
  void put(const Source& s) {
    put(s.producer);
    put(s.view.channel_offset);
    put(static_cast<std::uint8_t>(s.view.map ? 1 : 0));
    if (s.view.map) put(*s.view.map);
  }
  void put(const Branch& b) {
    put(b.kind);
    put(b.sources);
    put(b.input);
    put(b.window);
    put(b.groups);
    put(b.weights);
    put(b.bias);
    put(b.multiplier);
    put(b.pool_divisor);
  }
  void put(const Layer& l) {
    put(l.branches);
    put(l.output);
    put(l.step);
    put(l.low);
    put(l.high);
    put(l.multiple);
    put(static_cast<std::uint8_t>(l.raw_output ? 1 : 0));
    put(l.accumulator_bits);
  }
  /// Absent where no layer has any: networks without steps per channel keep the hash that they had before.
  void put_channels(const std::vector<Layer>& layers) {
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (layers[l].channel_steps.empty() && layers[l].channel_ranges.empty()) continue;
      put(std::uint64_t{l});
      put(layers[l].channel_steps);
      put(std::uint64_t{layers[l].channel_ranges.size()});
      for (const CodeRange& range : layers[l].channel_ranges) {
        put(range.low);
        put(range.high);
      }
    }
  }
  void put(const Output& o) {
    put(o.dims);
    put(o.sources);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace

// Names, and scales that only tell what an integer means, decide nothing and stay out.
std::string Network::hash() const {
  CanonicalBytes bytes;
  bytes.put(layers);
  bytes.put(outputs);
  bytes.put(input.rounding);
  bytes.put(static_cast<std::uint8_t>(input.frames_are_codes ? 1 : 0));
  bytes.put(input.zero_point);
  bytes.put(input.shift);
  for (const double value : {input.value_step, input.mean, input.numerator, input.denominator}) bytes.put(value);
  bytes.put(static_cast<std::uint8_t>(sigma_delta.active ? 1 : 0));
  bytes.put(sigma_delta.message_shift);
  bytes.put(sigma_delta.threshold);
  bytes.put_channels(layers);
  const boost::uuids::uuid deltasim_networks = {{0x5d, 0x0b, 0x3a, 0x92, 0x7c, 0x41, 0x4e, 0x0f,  //
                                                 0x9a, 0x36, 0xd1, 0x88, 0x24, 0xe7, 0x6b, 0x13}};
  return boost::uuids::to_string(boost::uuids::name_generator_sha1(deltasim_networks)(bytes.bytes()));
}

}  // namespace deltasim::models
