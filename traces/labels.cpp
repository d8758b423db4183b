#include "traces/labels.hpp"

#include "models/error.hpp"
#include "traces/npy.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

namespace deltasim::traces {

using models::InputError;

namespace {

std::vector<std::uint32_t> from_array(const std::string& path) {
  NpyReader reader(path);
  if (reader.header().dims.empty() || reader.row_size() != 1)
    throw InputError(path, "header", "is not a list", "one class index per frame, in one dimension");
  std::vector<std::uint32_t> labels;
  std::vector<double> row;
  for (std::uint64_t i = 0; i < reader.rows(); ++i) {
    reader.read_row(i, row);
    const bool index =
        row[0] >= 0 && row[0] < 4294967296.0 && row[0] == static_cast<double>(static_cast<std::uint32_t>(row[0]));
    if (!index)
      throw InputError(path, fmt::format("element {}", i), fmt::format("{} is not a class index", row[0]),
                       "whole numbers from 0");
    labels.push_back(static_cast<std::uint32_t>(row[0]));
  }
  return labels;
}

std::optional<std::uint32_t> last_field(std::string line) {
  const auto end = line.find_last_not_of(" \t\r,;");
  if (end == std::string::npos) return std::nullopt;
  line.resize(end + 1);
  const std::string field = line.substr(line.find_last_of(" \t,;") + 1);  // npos + 1 = the whole line
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || stop != field.data() + field.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::uint32_t> read_labels(const std::string& path) {
  if (std::filesystem::path(path).extension() == ".npy") return from_array(path);
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    throw InputError(path, "", "cannot be opened", "an .npy, .csv or .txt file with a class index per frame");
  std::vector<std::uint32_t> labels;
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto value = last_field(line);
    if (value) labels.push_back(*value);
    if (!value && number > 1)
      throw InputError(path, fmt::format("line {}", number),
                       fmt::format("'{}' does not end in a class index", line.substr(0, 40)),
                       "a whole number from 0 as the last field");
  }
  return labels;
}

}  // namespace deltasim::traces
