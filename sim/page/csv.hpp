#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deltasim::sim {

/// A CSV file as deltasim writes them: a header, rows of as many cells, cells quoted where they need it.
struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Errors: InputError with the line for an empty file, a row with another number of cells than the header, and a file
/// that ends within a row.
CsvTable parse_csv(std::string_view text, const std::string& file);

}  // namespace deltasim::sim
