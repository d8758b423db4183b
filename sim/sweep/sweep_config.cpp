#include "sim/sweep/sweep_config.hpp"

#include <fmt/format.h>

#include <string_view>

namespace deltasim::sim {
namespace {

void check_range(const Document& document, const std::string& place, const RangeConfig& range) {
  if (range.scale == AxisScale::log && (range.from <= 0.0 || range.to <= 0.0))
    throw document.error(place, fmt::format("goes from {} to {} on a log scale", range.from, range.to),
                         "two numbers above 0, or scale linear");
  if (range.steps == 1u && range.from != range.to)
    throw document.error(place + "/steps", "is 1, but the range has two ends", "2 or more");
}

void check_values(const Document& document, const std::string& place, const LeafConfig& leaf) {
  if (leaf.values.empty()) throw document.error(place + "/values", "is empty", "at least one value");
  for (std::size_t i = 0; i < leaf.values.size() && !leaf.pointers.empty(); ++i)
    if (!leaf.values[i].is_array() || leaf.values[i].size() != leaf.pointers.size())
      throw document.error(fmt::format("{}/values/{}", place, i),
                           fmt::format("is not a row of {} values", leaf.pointers.size()),
                           "an array with a value for each of /pointers");
  if (!leaf.labels.empty() && leaf.labels.size() != leaf.values.size())
    throw document.error(place + "/labels",
                         fmt::format("has {} texts for {} values", leaf.labels.size(), leaf.values.size()),
                         "one for each value");
}

void check_leaf(const Document& document, const std::string& place, const LeafConfig& leaf) {
  if (leaf.pointer.empty() == leaf.pointers.empty())
    throw document.error(place, leaf.pointer.empty() ? "says not what it changes" : "has both 'pointer' and 'pointers'",
                         "the key 'pointer', for example \"/delta/threshold\", or the key 'pointers'");
  const bool has_values = document.find(place + "/values") != nullptr;
  if (has_values == leaf.range.has_value())
    throw document.error(place, has_values ? "has both 'values' and 'range'" : "has no values",
                         "the key 'values' or the key 'range'");
  if (has_values) return check_values(document, place, leaf);
  if (!leaf.pointers.empty() || !leaf.labels.empty())
    throw document.error(place, "is a range for several pointers or with labels", "a range is for one 'pointer'");
  check_range(document, place + "/range", *leaf.range);
}

void check_zip(const Document& document, const std::string& place, const AxisConfig& axis) {
  for (const char* key : {"name", "pointer", "pointers", "values", "labels", "range"})
    if (document.find(place + "/" + key) != nullptr)
      throw document.error(place + "/" + key, "stands beside 'zip'", "in one of the zipped axes");
  if (axis.zip->empty()) throw document.error(place + "/zip", "is empty", "axes that go forward together");
  for (std::size_t i = 0; i < axis.zip->size(); ++i)
    check_leaf(document, fmt::format("{}/zip/{}", place, i), (*axis.zip)[i]);
}

void check_sample(const Document& document, const SampleConfig& sample) {
  if (sample.method == SampleMethod::product && sample.points)
    throw document.error("/sample/points", "is given, but a product has all points",
                         "method random or latin_hypercube, or no points");
  if (sample.method != SampleMethod::product && !sample.points)
    throw document.error("/sample", "has no number of points", "the key 'points'");
}

}  // namespace

SweepConfig read_sweep_config(const Document& document) {
  SweepConfig config;
  read_into(config, document, "");
  if (!config.base.is_string() && !config.base.is_object())
    throw document.error("/base", "is no run file", "the path of one, or an object");
  if (!config.axes || config.axes->empty()) throw document.error("/axes", "is empty", "what varies");
  for (std::size_t i = 0; i < config.axes->size(); ++i) {
    const AxisConfig& axis = (*config.axes)[i];
    const std::string place = fmt::format("/axes/{}", i);
    if (axis.zip)
      check_zip(document, place, axis);
    else
      check_leaf(document, place, axis);
  }
  check_sample(document, config.sample);
  return config;
}

}  // namespace deltasim::sim
