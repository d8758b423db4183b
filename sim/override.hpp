#pragma once

#include "sim/document.hpp"

#include <string>

namespace deltasim::sim {

/// What the user types behind --set.
struct Override {
  std::string text;     ///< "/pointer=value"
  std::string pointer;  ///< of JSON
  Json value;           ///< JSON, or what is none as a text
};

/// `example`: a pointer and a value that make sense, for messages. Errors: InputError.
Override read_override(const std::string& text, const std::string& example);

}  // namespace deltasim::sim
