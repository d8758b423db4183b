#pragma once

#include "sim/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a sweep file says (docs/sweeps.md), as it stands: sim/sweep/space.hpp makes points of it.
namespace deltasim::sim {

enum class AxisScale : std::uint8_t { linear, log };
inline constexpr const char* names_of(AxisScale) { return "linear,log"; }

enum class SampleMethod : std::uint8_t { product, random, latin_hypercube };
inline constexpr const char* names_of(SampleMethod) { return "product,random,latin_hypercube"; }

struct RangeConfig {
  double from = 0.0, to = 1.0;
  std::optional<std::uint64_t> steps;  ///< absent: any value between (samples), or as many as its zip has
  AxisScale scale = AxisScale::linear;
  bool integer = false;
};

/// What changes together in one way: values, or a range.
struct LeafConfig {
  std::string name, pointer;
  std::vector<std::string> pointers;
  Json values = Json::array();
  std::vector<std::string> labels;
  std::optional<RangeConfig> range;
};

struct AxisConfig : LeafConfig {
  std::optional<std::vector<LeafConfig>> zip;
};

struct SampleConfig {
  SampleMethod method = SampleMethod::product;
  std::optional<std::uint64_t> points;
  std::uint64_t seed = 1;
};

struct SweepConfig {
  Json base;  ///< path or object
  Json set = Json::object();
  std::optional<std::vector<AxisConfig>> axes;
  SampleConfig sample;
  std::vector<std::string> constraints;
};

inline constexpr std::uint64_t most_points = 100'000'000;

template <class Archive>
void describe(Archive& a, RangeConfig& p) {
  a.required("from");
  a.required("to");
  a.field("from", p.from, -1e300, 1e300, "first value");
  a.field("to", p.to, -1e300, 1e300, "last value");
  a.optional("steps", p.steps, 1, most_points,
             "values, both ends included; null: any value between (only random, latin_hypercube)");
  a.choice("scale", p.scale, "linear: same differences; log: same ratios");
  a.field("integer", p.integer, "rounded; keys that hold integers always are");
}

template <class Archive>
void describe(Archive& a, LeafConfig& p) {
  a.field("name", p.name, "of the column; empty: the end of the pointer");
  a.field("pointer", p.pointer, "JSON pointer into the run file, or into a file that it names");
  a.names("pointers", p.pointers, "", "in the place of pointer: each of values is a row with a value for each");
  a.any("values", p.values, "array", "values at the pointer; paths are relative to the sweep file");
  a.names("labels", p.labels, "", "shown in the place of values, one each");
  a.optional_object("range", p.range, "in the place of values: numbers from .. to");
}

template <class Archive>
void describe(Archive& a, AxisConfig& p) {
  describe(a, static_cast<LeafConfig&>(p));
  a.objects("zip", p.zip, "in the place of all others: axes that go forward together, with as many values each");
}

template <class Archive>
void describe(Archive& a, SampleConfig& p) {
  a.choice("method", p.method, "product: every combination; random; latin_hypercube: each axis covered evenly");
  a.optional("points", p.points, 1, most_points, "how many; before constraints; product: all");
  a.field("seed", p.seed, 0, std::numeric_limits<std::uint64_t>::max(), "another seed is another sample");
}

template <class Archive>
void describe(Archive& a, SweepConfig& p) {
  a.required("base");
  a.required("axes");
  a.raw("base", p.base, "the run: a path (.json) or an object");
  a.any("set", p.set, "object", "values for all points: {\"/pointer\": value}");
  a.objects("axes", p.axes, "what varies");
  a.object("sample", p.sample, "which combinations are run");
  a.names("constraints", p.constraints, "",
          "over the names of columns: only points for which all are true, for example \"lanes * cores <= 256\"");
}

/// Errors: InputError with file and JSON pointer.
SweepConfig read_sweep_config(const Document& document);

}  // namespace deltasim::sim
