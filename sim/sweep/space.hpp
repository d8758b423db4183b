#pragma once

#include "sim/sweep/sweep_config.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A value for a run, and where the sweep file says so.
struct Setting {
  std::string pointer;
  Json value;
  std::string place;
};

/// One of the table: what a pointer is set to, or the label that stands for it.
struct SweepColumn {
  std::string name;
  std::vector<std::string> pointers;
  std::size_t axis = 0;  ///< columns of one axis go forward together
  bool numeric = false, log = false;
};

/// The points of a sweep, before constraints, by index. Nothing grows with their number: point i is computed from i.
/// Product: mixed radix, the first axis slowest.
class SweepSpace {
 public:
  /// `holds_integers` says of a pointer that exists what kind of key it leads to, throws for the others.
  /// `taken`: names that columns cannot have. Errors: InputError with file and place.
  SweepSpace(const SweepConfig& config, const Document& document,
             const std::function<bool(const std::string& pointer, const std::string& place)>& holds_integers,
             const std::vector<std::string>& taken);

  std::uint64_t size() const { return size_; }
  const std::vector<SweepColumn>& columns() const { return columns_; }
  /// What each column shows.
  std::vector<Json> cells(std::uint64_t index) const;
  /// Outer pointers first, so that a value inside of a file survives the file.
  std::vector<Setting> settings(std::uint64_t index) const;

  /// Index of the position-th point to run: points that share most come after each other (energy tables go fastest,
  /// then machines, then rules and thresholds).
  std::uint64_t in_order(std::uint64_t position) const;

  std::string id(std::uint64_t index) const;
  std::optional<std::uint64_t> index_of(const std::string& id) const;

 private:
  struct Leaf : LeafConfig {
    std::string place;
    std::uint64_t size = 0;  ///< 0: any value of the range
    bool integer = false;
  };
  struct Axis {
    std::vector<Leaf> leaves;
    std::uint64_t size = 0;
    int speed = 0;
  };
  /// Step of an axis, or where in its range.
  struct Position {
    std::uint64_t step = 0;
    double unit = 0.0;
  };

  void settle(Axis& axis, const Document& document, const std::string& place, bool sampled) const;
  static void check_steps(const Leaf& leaf, const Document& document);
  void name_columns(const Document& document, const std::vector<std::string>& taken);
  Position position(std::size_t axis, std::uint64_t index) const;
  static Json range_value(const Leaf& leaf, const Position& position);
  static Json list_value(const Leaf& leaf, std::uint64_t step, std::size_t pointer);

  SampleConfig sample_;
  std::vector<Axis> axes_;
  std::vector<std::size_t> order_;  ///< axes from the slowest to the fastest to run
  std::vector<SweepColumn> columns_;
  std::uint64_t size_ = 1;
  int id_digits_ = 4;
};

}  // namespace deltasim::sim
