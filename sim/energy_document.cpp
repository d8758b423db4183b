#include "sim/energy_document.hpp"

#include "models/error.hpp"
#include "sim/energy.hpp"
#include "sim/file_kind.hpp"
#include "sim/run_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace deltasim::sim {
namespace {

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string cell(const Energy& e) {
  return e.high == 0 ? std::string("0") : fmt::format("{:.3g} ({:.3g} - {:.3g})", e.value, e.low, e.high);
}

std::string text_of(const Json& object, const char* key) {
  std::string text = object.value(key, "");
  for (std::size_t bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2))
    text.insert(bar, "\\");
  return text;
}

/// What stands in the place of a value where it follows from other sections.
std::string rule_text(const Json& rule) {
  std::string text;
  const Json operations = rule.value("operations", Json::object());  // items() keeps a reference
  for (const auto& [name, count] : operations.items())
    text += fmt::format("{}{} x {}", text.empty() ? "" : " + ", count.dump(), name);
  if (rule.contains("memory"))
    text += fmt::format("{}{} of {}", text.empty() ? "" : " + ", text_of(rule, "access"), text_of(rule, "memory"));
  return text;
}

bool is_value(const Json& json) { return json.is_object() && json.contains("value") && json.contains("unit"); }

/// Every value below `json`, in the order of the file; a section added later needs no line here.
/// `zeros`: entries that only say that their energy stands elsewhere.
void add_values(std::string& text, std::string& zeros, const Json& json, const std::string& place) {
  if (place == "/sources" || !json.is_structured()) return;
  const auto row = [&](const std::string& value, const std::string& range, const std::string& unit) {
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", place, value, range, unit, text_of(json, "source"),
                        text_of(json, "note"));
  };
  if (is_value(json) && json["high"] == 0) {
    zeros += fmt::format("{}`{}` ({})", zeros.empty() ? "" : ", ", place, text_of(json, "note"));
    return;
  }
  if (is_value(json)) {
    const std::string node = json.contains("node_nm") ? fmt::format(" at {} nm", json["node_nm"].dump()) : "";
    return row(json["value"].dump() + node, fmt::format("{} - {}", json["low"].dump(), json["high"].dump()),
               text_of(json, "unit"));
  }
  if (json.is_object() && json.contains("volt"))
    return row(fmt::format("{} at {} nm", json["volt"].dump(), json["node_nm"].dump()), "", "V");
  if (json.is_object() && (json.contains("memory") || json.contains("operations")) && !place.empty()) {
    return row(rule_text(json),
               json.contains("low_factor")
                   ? fmt::format("x {} - {}", json["low_factor"].dump(), json["high_factor"].dump())
                   : "",
               "");
  }
  if (json.is_object() && json.contains("low_factor"))
    row("", fmt::format("x {} - {}", json["low_factor"].dump(), json["high_factor"].dump()), "");
  for (const auto& [key, value] : json.items())
    if (key != "rows" && key != "columns") add_values(text, zeros, value, fmt::format("{}/{}", place, key));
}

/// The rows of /sram as tables of size and width, one for each node and kind of port.
void add_sram(std::string& text, const Json& sram) {
  std::map<std::pair<double, int>, std::map<double, std::map<double, std::string>>> tables;
  std::set<double> widths;
  for (const Json& r : sram.at("rows")) {
    tables[{r[0].get<double>(), r[1].get<int>()}][r[2].get<double>()][r[3].get<double>()] = fmt::format(
        "{} / {} / {:.3g}-{:.3g}", r[4].dump(), r[5].dump(), 1000 * r[6].get<double>(), 1000 * r[7].get<double>());
    widths.insert(r[3].get<double>());
  }
  for (const auto& [kind, sizes] : tables) {
    text +=
        fmt::format("\nSRAM at {} nm, {}: pJ of a read / of a write / leakage in uW at 300-350 K, before k(size)\n\n",
                    kind.first, kind.second == 1 ? "one port" : "a port to read and one to write");
    text += "| bank |";
    for (const double width : widths) text += fmt::format(" {} bit |", width);
    text += "\n|---|";
    for (std::size_t i = 0; i < widths.size(); ++i) text += "---|";
    for (const auto& [size, row] : sizes) {
      text += size < 1024 ? fmt::format("\n| {} B |", size) : fmt::format("\n| {} KiB |", size / 1024);
      for (const double width : widths) text += row.count(width) ? fmt::format(" {} |", row.at(width)) : " |";
    }
    text += "\n";
  }
  text += "\nk(size), by log2(KiB) and k:";
  for (const Json& point : sram.at("calibration")) text += fmt::format(" {}", point.dump());
  text += "\n";
}

void add_table(std::string& text, const std::string& file) {
  const Json json = read_with_base(file).json();
  text += fmt::format("\n### {}\n\n{}\n\n", std::filesystem::path(file).filename().string(), text_of(json, "note"));
  for (const auto& [key, source] : json.at("sources").items())
    text += fmt::format("- {}: {}\n", key, source.get<std::string>());
  text += "\n| value | | range | unit | source | note |\n|---|---|---|---|---|---|\n";
  std::string zeros;
  add_values(text, zeros, json, "");
  if (!zeros.empty()) text += "\nZero: " + zeros + "\n";
  if (json.contains("sram")) add_sram(text, json["sram"]);
}

struct Machine {
  std::string name, table;
  EnergyModel energy;
};

void add_machines(std::string& text, const std::vector<Machine>& machines) {
  const auto row = [&](std::string_view name, std::string_view component, const auto& figure) {
    text += fmt::format("| {} | {} |", name, component);
    for (const Machine& m : machines) text += fmt::format(" {} |", cell(figure(m.energy)));
    text += "\n";
  };
  text += "| activity | component |";
  for (const Machine& m : machines) text += fmt::format(" {} ({}.json) |", m.name, m.table);
  text += "\n|---|---|";
  for (std::size_t i = 0; i < machines.size(); ++i) text += "---|";
  text += "\n";
  for (std::size_t i = 0; i < hw::activity_total; ++i) {
    const auto a = static_cast<hw::Activity>(i);
    row(hw::activity_info[i].name, component_names[static_cast<std::size_t>(component_of(a))],
        [a](const EnergyModel& m) { return m.of(a).pj; });
  }
  row("core and cycle", "idle_clock", [](const EnergyModel& m) { return m.idle_clock_pj().range; });
  row("core, mW", "leakage", [](const EnergyModel& m) { return m.leakage_mw_per_core().range; });
}

/// The chip with a memory channel of default bursts beside it.
hw::ChipParams with_dram(hw::ChipParams chip) {
  if (!chip.dram) chip.dram.emplace();
  return chip;
}

}  // namespace

std::string energy_document(std::vector<std::string> files) {
  std::sort(files.begin(), files.end());
  std::map<std::string, std::string> tables;  // by name
  std::vector<std::string> chips;
  for (const std::string& file : files) {
    const FileKind kind = kind_of_file(file);
    if (kind == FileKind::energy)
      tables[stem(file)] = file;
    else if (kind == FileKind::hw)
      chips.push_back(file);
    else if (kind != FileKind::systolic)  // an array's energies are those of its memories: no column of its own
      throw models::InputError(file, "", fmt::format("is a {} file", name_of(kind)),
                               "energy tables and hardware files");
  }
  std::vector<Machine> machines;
  for (const std::string& chip : chips) {
    const std::string table = tables.count(stem(chip)) ? stem(chip) : "cmos";
    if (!tables.count(table))
      throw models::InputError(chip, "", fmt::format("there is no table '{}.json' for it", stem(chip)),
                               "its table among the files, or cmos.json");
    machines.push_back({stem(chip), table, EnergyModel::read(tables[table], with_dram(read_hardware(chip)))});
  }
  std::string text;
  if (!machines.empty()) add_machines(text, machines);
  for (const auto& [name, file] : tables) add_table(text, file);
  return text;
}

}  // namespace deltasim::sim
