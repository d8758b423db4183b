#include "sim/training/reproduction_document.hpp"

#include "models/error.hpp"
#include "sim/json_text.hpp"
#include "sim/progress.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace deltasim::sim {
namespace {

using Rows = std::vector<const Json*>;

const Json& integer_of(const Json& row) { return row["simulation"]["integer"][row["execution"].get<std::string>()]; }
const Json& machine_of(const Json& row) { return row["simulation"]["machine"][row["execution"].get<std::string>()]; }

std::string percent(const Json& share) {
  return share.is_null() ? "" : fmt::format("{:.1f} %", 100 * share.get<double>());
}
std::string times(const Json& ratio) {
  const double r = ratio.get<double>();
  return fmt::format(r < 10 ? "{:.2f}×" : "{:.0f}×", r);
}
std::string micro_joules(double pj) { return fmt::format("{:.3g} µJ", pj * 1e-6); }
std::string millijoules(double pj) { return fmt::format("{:.3g} mJ", pj * 1e-9); }

/// The rate of the penalty, where there is one.
std::string rate_of(const Json& row) {
  const Json& options = row["options"];
  return options["regime"] == "baseline" ? "" : fmt::format("{:g}", options["rate"].get<double>());
}

std::string title_of(const Json& row) { return row["title"]; }

Rows rows_of(const Json& report, const Json& group, bool table_only) {
  Rows rows;
  for (const Json& row : report["rows"])
    if (row["group"] == group["name"] && (!table_only || row["table"].get<bool>())) rows.push_back(&row);
  return rows;
}

std::string heading(const Json& group) { return fmt::format("**{}**\n\n", group["title"].get<std::string>()); }

/// A Markdown table; the first column to the left, the others to the right.
std::string table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) {
  std::string text = fmt::format("| {} |\n|---|", fmt::join(columns, " | "));
  for (std::size_t i = 1; i < columns.size(); ++i) text += "---:|";
  for (const auto& row : rows) text += fmt::format("\n| {} |", fmt::join(row, " | "));
  return text + "\n\n";
}

std::string command_block(const Json& report, const Json&) {
  const Json& s = report["simulation"];
  return fmt::format(
      "`{}`\n\nSeed {}. Trainings took {} of one core in all, simulations {}. On the machine (`{}`): {} clips of {} "
      "frames; dense: {} frames.\n",
      report["command"].get<std::string>(), report["rows"][0]["options"]["seed"].dump(),
      duration_text(report["host"]["training_seconds"]), duration_text(report["host"]["simulation_seconds"]),
      s["hardware"].get<std::string>(), s["clips"].dump(), s["frames"].dump(), s["dense_frames"].dump());
}

std::string table_block(const Json& report, const Json& group) {
  std::vector<std::vector<std::string>> cells;
  const Rows rows = rows_of(report, group, true);
  const double base = integer_of(*rows.front())["macs"];
  for (const Json* row : rows) {
    const Json &integer = integer_of(*row), &paper = (*row)["paper"];
    cells.push_back({title_of(*row), percent((*row)["evaluation"]["accuracy"]), percent(integer["accuracy"]),
                     percent(paper["accuracy"]), percent(integer["sparsity_fan_out"]), percent(paper["sparsity"]),
                     percent(1 - integer["macs"].get<double>()), times(base / integer["macs"].get<double>())});
  }
  return heading(group) + table({"training", "top-1, training", "top-1, simulator", "paper", "op sparsity (fan-out)",
                                 "paper", "op sparsity (MAC)", "fewer MACs than the baseline"},
                                cells);
}

std::string energy_block(const Json& report, const Json& group) {
  std::vector<std::vector<std::string>> cells;
  for (const Json* row : rows_of(report, group, true)) {
    const Json &m = machine_of(*row), &gain = m["dense_over_this"], &e = m["energy_pj"], &ratio = gain["energy"];
    cells.push_back({title_of(*row), (*row)["execution"], fmt::format("{:.3g} M", 1e-6 * m["macs"].get<double>()),
                     fmt::format("{:.0f}", m["cycles"].get<double>()),
                     fmt::format("{} ({:.3g}–{:.3g})", micro_joules(e["value"]), e["low"].get<double>() * 1e-6,
                                 e["high"].get<double>() * 1e-6),
                     times(gain["macs"]), times(gain["cycles"]),
                     fmt::format("{} ({:.2f}–{:.2f})", times(ratio["value"]), ratio["low"].get<double>(),
                                 ratio["high"].get<double>())});
  }
  return heading(group) + table({"training", "execution", "MACs a frame", "cycles", "energy", "MACs, dense/this",
                                 "cycles, dense/this", "energy, dense/this"},
                                cells);
}

std::string agreement_block(const Json& report, const Json& group) {
  std::vector<std::vector<std::string>> cells;
  for (const Json* row : rows_of(report, group, false)) {
    const Json &a = (*row)["agreement"], &logits = a["logits"];
    const auto share = [&](const char* error, const char* of) {
      return fmt::format("{:.2g} %", 100 * logits[error].get<double>() / logits[of].get<double>());
    };
    cells.push_back({title_of(*row), integer_of(*row)["clips"].dump(),
                     fmt::format("{:.2f} points", a["accuracy_points"].get<double>()),
                     logits.is_null() ? "" : logits["clips"].dump(), logits.is_null() ? "" : share("rms_error", "rms"),
                     logits.is_null() ? "" : share("largest_error", "largest"),
                     fmt::format("{:.2f} %", 100 * a["largest_relative_deviation"].get<double>()),
                     (*row)["epochs"].dump(), rate_of(*row), duration_text((*row)["training_seconds"])});
  }
  return heading(group) +
         table({"training", "clips", "accuracy differs", "clips for logits", "logits differ (rms)",
                "logits differ (most)", "event density differs, worst layer", "epochs", "rate", "time"},
               cells);
}

std::string layers_block(const Json& report, const Json& group) {
  Rows rows = rows_of(report, group, true);
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const Json* r) { return (*r)["execution"] == "input_delta"; }),
             rows.end());
  if (rows.empty()) return "";
  std::vector<std::string> columns{"layer sends"};
  for (const Json* row : rows) columns.push_back(title_of(*row));
  std::vector<std::vector<std::string>> cells;
  for (const auto& [name, share] : integer_of(*rows.front())["layers"].items()) {
    cells.push_back({name});
    for (const Json* row : rows) cells.back().push_back(percent(integer_of(*row)["layers"][name]));
  }
  return heading(group) + table(columns, cells);
}

std::string camera_block(const Json& report, const Json& group) {
  std::vector<std::vector<std::string>> cells;
  for (const Json* row : rows_of(report, group, true)) {
    const Json& camera = (*row)["simulation"]["camera"];
    if (!camera.is_object()) continue;
    cells.push_back({title_of(*row)});
    for (const char* kind : {"still", "moving"})
      for (const char* key : {"accuracy", "macs"})
        cells.back().push_back(camera.contains(kind) ? percent(camera[kind][key]) : "");
  }
  if (cells.empty()) return "";
  return heading(group) +
         table({"training", "still: top-1", "still: MACs of dense", "moving: top-1", "moving: MACs of dense"}, cells);
}

std::string rates_block(const Json& report, const Json& group) {
  std::vector<std::vector<std::string>> cells;
  for (const Json* row : rows_of(report, group, true))
    for (const Json& rate : (*row)["simulation"]["frame_rates"])
      cells.push_back({title_of(*row), fmt::format("{:.0f}", rate["frame_rate"].get<double>()), rate["clips"].dump(),
                       percent(rate["accuracy"]), percent(rate["macs"]), rate["clips_on_machine"].dump(),
                       micro_joules(rate["energy_pj"]["value"]), millijoules(rate["energy_pj_per_second"])});
  if (cells.empty()) return "";
  return heading(group) + table({"training", "frames a second", "clips", "top-1", "MACs of dense", "clips for energy",
                                 "energy of a frame", "energy of a second"},
                                cells);
}

std::string sweep_block(const Json& report, const Json& group) {
  Rows rows = rows_of(report, group, false);
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const Json* r) { return !(*r)["sweep"].get<bool>(); }),
             rows.end());
  const auto rate = [](const Json* row) { return (*row)["options"]["rate"].get<double>(); };
  std::sort(rows.begin(), rows.end(), [&](const Json* a, const Json* b) { return rate(a) < rate(b); });
  std::vector<std::vector<std::string>> cells;
  for (const Json* row : rows)
    cells.push_back({rate_of(*row), percent(integer_of(*row)["accuracy"]), percent(integer_of(*row)["macs"]),
                     micro_joules(machine_of(*row)["energy_pj"]["value"])});
  if (cells.empty()) return "";
  return heading(group) + table({"rate", "top-1", "MACs of dense", "energy of a frame"}, cells);
}

struct Block {
  const char* name;
  std::string (*text)(const Json& report, const Json& group);
  bool by_group;
};
constexpr std::array<Block, 8> blocks{{{"command", command_block, false},
                                       {"table", table_block, true},
                                       {"energy", energy_block, true},
                                       {"agreement", agreement_block, true},
                                       {"layers", layers_block, true},
                                       {"camera", camera_block, true},
                                       {"rates", rates_block, true},
                                       {"sweep", sweep_block, true}}};

}  // namespace

std::string reproduction_block(const Json& report, const std::string& name) {
  const auto block = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) { return b.name == name; });
  std::string text;
  if (!block->by_group) return block->text(report, {});
  for (const Json& group : report["groups"])
    if (!rows_of(report, group, true).empty()) text += block->text(report, group);
  return text;
}

void write_reproduction(const Json& report, const std::string& path) {
  std::string document = read_text(path);
  bool any = false;
  for (const Block& block : blocks) {
    const std::string begin = fmt::format("<!-- {} -->", block.name), end = fmt::format("<!-- /{} -->", block.name);
    const std::size_t from = document.find(begin);
    if (from == std::string::npos) continue;
    const std::size_t to = document.find(end, from);
    if (to == std::string::npos) throw models::InputError(path, begin, "this block has no end", "a line " + end);
    std::string text = reproduction_block(report, block.name);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    document.replace(from + begin.size(), to - from - begin.size(), "\n" + text + "\n");
    any = true;
  }
  if (!any)
    throw models::InputError(path, "", "has no block for results", "for example <!-- table --> ... <!-- /table -->");
  traces::write_file(path, document);
}

}  // namespace deltasim::sim
