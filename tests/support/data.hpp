#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace deltasim::test {

/// A file of the shared test data, which users do not have: tests on it say that they are skipped when it is missing.
inline std::optional<std::string> data_file(const std::string& name) {
  const char* given = std::getenv("DELTASIM_DATA");
  const std::filesystem::path root =
      given ? std::filesystem::path(given) : std::filesystem::path(DELTASIM_SOURCE_DIR) / ".." / "shared" / "data";
  const auto path = root / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path.lexically_normal().string();
}

}  // namespace deltasim::test
