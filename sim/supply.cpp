#include "sim/supply.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

using Points = std::vector<hw::OperatingPoint>;

Points sorted(Points points) {
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.mhz < b.mhz; });
  return points;
}

/// Of a clock inside the points.
double volt_at(const Points& points, std::uint32_t mhz) {
  const auto above = std::find_if(points.begin(), points.end(), [mhz](const auto& point) { return point.mhz >= mhz; });
  if (above == points.begin() || above->mhz == mhz) return above->volt;
  const auto below = above - 1;
  return below->volt + (above->volt - below->volt) * (mhz - below->mhz) / (above->mhz - below->mhz);
}

}  // namespace

std::optional<double> supply_volt(const hw::ChipParams& chip) {
  if (chip.voltage || !chip.operating_points) return chip.voltage;
  return volt_at(sorted(*chip.operating_points), chip.clock_mhz);
}

void check_supply(const Document& document, const std::string& place, const hw::ChipParams& chip) {
  if (!chip.operating_points) return;
  const std::string here = place + "/operating_points";
  if (chip.operating_points->empty()) throw document.error(here, "is empty", "null, or points {mhz, volt}");
  const Points points = sorted(*chip.operating_points);
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].mhz == points[i - 1].mhz)
      throw document.error(here, fmt::format("{} MHz stands twice", points[i].mhz), "one voltage for each frequency");
    if (points[i].volt < points[i - 1].volt)
      throw document.error(here,
                           fmt::format("{} MHz needs {} V, {} MHz only {} V", points[i - 1].mhz, points[i - 1].volt,
                                       points[i].mhz, points[i].volt),
                           "a voltage that does not fall with the frequency");
  }
  if (chip.clock_mhz < points.front().mhz || chip.clock_mhz > points.back().mhz)
    throw document.error(place + "/clock_mhz", fmt::format("is {}, a frequency without a voltage", chip.clock_mhz),
                         fmt::format("operating_points allow {} to {} MHz", points.front().mhz, points.back().mhz));
  const double needed = volt_at(points, chip.clock_mhz);
  if (chip.voltage && *chip.voltage < needed)
    throw document.error(place + "/voltage", fmt::format("is {} V", *chip.voltage),
                         fmt::format("{} MHz needs at least {:.4g} V (operating_points)", chip.clock_mhz, needed));
}

}  // namespace deltasim::sim
