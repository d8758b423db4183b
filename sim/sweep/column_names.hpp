#pragma once

#include "sim/document.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

struct ColumnName {
  std::string given;  ///< empty: the end of the pointer, as long as it must be to be told from the others
  std::string pointer;
  std::string place;  ///< of the axis in the sweep file
};

/// A name of letters, digits and _ for each, all different and none of `taken`: they stand in expressions.
/// Errors: InputError where a given name is no such name, and where two axes change the same.
std::vector<std::string> settle_names(const std::vector<ColumnName>& columns, const std::vector<std::string>& taken,
                                      const Document& document);

}  // namespace deltasim::sim
