#include "sim/json_text.hpp"
#include "sim/page/csv.hpp"
#include "sim/page/page.hpp"
#include "sim/page/report_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;
using models::InputError;

constexpr const char* wanted = "the folder of a run or of a sweep, or report.json files";

bool is_sweep(const fs::path& input) { return fs::exists(input / "sweep.json"); }

/// The report that `input` names, or that stands in the folder that it names.
std::string report_file(const std::string& input) {
  if (!fs::exists(input)) throw InputError(input, "", "no such file or folder", wanted);
  if (!fs::is_directory(input)) return input;
  const fs::path report = fs::path(input) / "report.json";
  if (!fs::exists(report))
    throw InputError(input, "",
                     "the folder holds neither report.json (of 'deltasim run -o') nor sweep.json (of a sweep)", wanted);
  return report.string();
}

/// Activity counts are half of a report, and the page shows none of them.
void drop_counts(Json& report) {
  for (auto& [name, execution] : report["executions"].items()) {
    for (const char* list : {"layers", "cores"})
      if (execution.contains(list))
        for (auto& row : execution[list]) row.erase("counts");
    for (const char* part : {"input", "ports"})
      if (execution.contains(part) && execution[part].is_object()) execution[part].erase("counts");
  }
}

/// A cell as JSON: numbers as numbers, empty ones as null.
Json cell_json(const std::string& text) {
  if (text.empty()) return nullptr;
  const bool padded = text.size() > 1 && text[0] == '0' && text[1] != '.';  // 0042 is a name
  if (padded || text.find_first_not_of("0123456789.+-eE") != std::string::npos) return text;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return *end == '\0' && value - value == 0 ? Json(value) : Json(text);
}

double number(const CsvTable& table, std::size_t row, std::size_t column, const std::string& file) {
  const Json value = cell_json(table.rows[row][column]);
  if (value.is_number()) return value.get<double>();
  throw InputError(file, fmt::format("line {}", row + 2),
                   fmt::format("'{}' is no number ({})", table.rows[row][column], table.columns[column]),
                   "the whole file as deltasim wrote it");
}

/// frames.csv beside the report, as {execution: {events: [per frame: [per layer]], macs, cycles, energy_pj}}; null
/// where there is none: a report alone is enough for a page.
Json frames_json(const fs::path& path) {
  if (!fs::exists(path)) return nullptr;
  const std::string file = path.string();
  const CsvTable table = parse_csv(read_text(file), file);
  std::map<std::string, std::size_t> column;
  for (std::size_t i = 0; i < table.columns.size(); ++i) column[table.columns[i]] = i;
  for (const char* name : {"execution", "frame", "layer", "events", "macs", "cycles", "energy_pj"})
    if (column.count(name) == 0)
      throw InputError(file, "line 1", fmt::format("has no column '{}'", name),
                       "frames.csv of the same run, or no such file");
  Json frames = Json::object(), layers = Json::array();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& cells = table.rows[row];
    Json& execution = frames[cells[column["execution"]]];
    const auto frame = static_cast<std::size_t>(number(table, row, column["frame"], file));
    for (const char* name : {"events", "macs", "cycles", "energy_pj"}) {
      Json& list = execution[name];
      if (list.size() < frame || list.size() > frame + 1)
        throw InputError(file, fmt::format("line {}", row + 2), "frames are out of order",
                         "the whole file as deltasim wrote it");
      if (list.size() == frame) list.push_back(Json::array());
      list.back().push_back(number(table, row, column[name], file));
    }
    const Json layer = cells[column["layer"]];
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
  }
  return {{"layers", std::move(layers)}, {"executions", std::move(frames)}};
}

/// What 'deltasim tune' left beside the report of the thresholds that it found; null elsewhere.
Json read_tune(const fs::path& path) {
  if (!fs::exists(path)) return nullptr;
  Json tune = parse_json(read_text(path.string()), path.string());
  check_tune(tune, path.string());
  return tune;
}

Json run_json(const std::string& file) {
  Json report = parse_json(read_text(file), file);
  check_report(report, file);
  drop_counts(report);
  const fs::path folder = fs::path(file).parent_path();
  return {{"report", std::move(report)},
          {"frames", frames_json(folder / "frames.csv")},
          {"tune", read_tune(folder / "tune.json")}};
}

/// Folders' names, with as many folders above as it takes to tell the runs apart.
std::vector<std::string> names_of(const std::vector<std::string>& files) {
  std::vector<fs::path> folders;
  folders.reserve(files.size());
  for (const std::string& file : files) folders.push_back(fs::absolute(file).lexically_normal().parent_path());
  std::vector<std::string> names(files.size());
  std::vector<fs::path> rest = folders;
  const auto repeated = [&](std::size_t i) { return std::count(names.begin(), names.end(), names[i]) > 1; };
  for (bool again = true; again;) {
    std::vector<bool> longer(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) longer[i] = names[i].empty() || repeated(i);
    again = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!longer[i] || !rest[i].has_filename()) continue;
      names[i] = rest[i].filename().string() + (names[i].empty() ? "" : "/" + names[i]);
      rest[i] = rest[i].parent_path();
      again = true;
    }
  }
  std::map<std::string, int> seen;  // one folder, given twice
  for (std::string& name : names)
    if (const int n = ++seen[name]; n > 1) name += fmt::format(" ({})", n);
  return names;
}

Json sweep_json(const fs::path& folder, const std::string& page) {
  const std::string file = (folder / "sweep.json").string(), csv = (folder / "sweep.csv").string();
  Json sweep = parse_json(read_text(file), file);
  check_sweep(sweep, file);
  if (!fs::exists(csv))
    throw InputError(csv, "", "no such file: the sweep has written no results yet",
                     "the same 'deltasim sweep' command again: it goes on where it was");
  const CsvTable table = parse_csv(read_text(csv), csv);
  check_sweep_columns(table.columns, sweep, csv);
  Json rows = Json::array();
  for (const auto& cells : table.rows) {
    Json row = Json::array();
    for (const std::string& cell : cells) row.push_back(cell_json(cell));
    rows.push_back(std::move(row));
  }
  const fs::path from = fs::absolute(page).parent_path();
  const fs::path absolute = fs::absolute(folder / "").lexically_normal().parent_path();
  return {{"kind", "sweep"},
          {"name", absolute.filename().string()},
          {"folder", absolute.lexically_relative(from.lexically_normal()).generic_string()},
          {"sweep", std::move(sweep)},
          {"columns", table.columns},
          {"rows", std::move(rows)}};
}

}  // namespace

Json page_data(const std::vector<std::string>& inputs, const std::string& page) {
  for (const std::string& input : inputs) {
    const fs::path path = fs::path(input).filename() == "sweep.json" ? fs::path(input).parent_path() : fs::path(input);
    if (!is_sweep(path)) continue;
    if (inputs.size() > 1)
      throw InputError(input, "", "a sweep has a page of its own", "one sweep folder, or runs alone");
    return sweep_json(path, page);
  }
  std::vector<std::string> files;
  files.reserve(inputs.size());
  for (const std::string& input : inputs) files.push_back(report_file(input));
  const std::vector<std::string> names = names_of(files);
  Json runs = Json::array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    Json run = {{"name", names[i]}};
    run.update(run_json(files[i]));
    runs.push_back(std::move(run));
  }
  return {{"kind", files.size() == 1 ? "run" : "runs"}, {"runs", std::move(runs)}};
}

}  // namespace deltasim::sim
