#pragma once

#include "tests/sim/cli_program.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace deltasim::test {

/// Points of a fraction of a second on the shipped example.
inline std::string small_sweep(const TemporaryFolder& folder, const std::string& axes, const std::string& more = "",
                               const std::string& name = "sweep.json") {
  return folder.write(name, R"({"base": ")" DELTASIM_SOURCE_DIR R"(/configs/runs/objects.json",
    "set": {"/frames": 1, "/executions": ["delta"], "/check": false}, "axes": [)" +
                                axes + "]" + (more.empty() ? "" : ", " + more) + "}");
}

inline const std::string six_points = R"({"pointer": "/delta/threshold", "values": [1, 2, 4]},
                                         {"pointer": "/hardware/core/lanes", "values": [8, 16]})";

/// sweep.csv without its last two columns, which say where and how fast a point ran.
inline std::string results(const TemporaryFolder& folder, const std::string& output) {
  std::istringstream in(folder.read(output + "/sweep.csv"));
  std::string text;
  for (std::string line; std::getline(in, line);) {
    for (int column = 0; column < 2; ++column) line.resize(line.rfind(','));
    text += line + "\n";
  }
  return text;
}

inline nlohmann::json sweep_json(const TemporaryFolder& folder, const std::string& output) {
  return nlohmann::json::parse(folder.read(output + "/sweep.json"));
}

/// Cells of a column of sweep.csv; none of them has a comma in it.
inline std::vector<std::string> column(const TemporaryFolder& folder, const std::string& output,
                                       const std::string& name) {
  std::istringstream in(folder.read(output + "/sweep.csv"));
  std::vector<std::string> cells;
  int wanted = -1;
  for (std::string line; std::getline(in, line);) {
    std::istringstream row(line);
    int at = 0;
    for (std::string cell; std::getline(row, cell, ','); ++at) {
      if (wanted < 0 && cell == name)
        wanted = at;
      else if (wanted == at && !(cells.empty() && cell == name))
        cells.push_back(cell);
    }
  }
  return cells;
}

}  // namespace deltasim::test
