#pragma once

#include "sim/document.hpp"

#include <string>

namespace deltasim::sim {

enum class FileKind { run, sweep, hw, systolic, energy, network };
const char* name_of(FileKind kind);

/// A file with its base files merged in.
Document read_with_base(const std::string& path);

/// Decided by the keys that only one kind of file has, else by the folder (runs, sweeps, hw, energy, networks).
/// Errors: InputError where neither tells.
FileKind kind_of_file(const std::string& path);

}  // namespace deltasim::sim
