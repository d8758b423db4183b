#pragma once

#include "sim/document.hpp"

#include <string>

namespace deltasim::sim {

/// The content of a JSON file. Errors: InputError for a missing, unreadable or too large file.
std::string read_text(const std::string& path);

/// Strict JSON. Errors: InputError with line and column for syntax, with the pointer for a key that appears twice.
Json parse_json(const std::string& text, const std::string& file);

}  // namespace deltasim::sim
