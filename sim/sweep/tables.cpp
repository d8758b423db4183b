#include "sim/sweep/tables.hpp"

#include "sim/json_text.hpp"
#include "sim/sweep/row.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace deltasim::sim {
namespace {

/// A file of rows that is complete or absent.
class RowFile {
 public:
  explicit RowFile(const std::string& path) : file_(path), out_(file_.temporary(), std::ios::binary) {}
  void write(const std::string& line) { out_ << line << '\n'; }
  void commit() {
    out_.close();
    if (!out_) throw std::runtime_error(fmt::format("{}: cannot be written ({})", file_.path(), std::strerror(errno)));
    file_.commit();
  }

 private:
  traces::AtomicFile file_;
  std::ofstream out_;
};

/// Absent where the file is missing or damaged.
std::optional<Json> read_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  Json json = Json::parse(in, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

/// The row that the point wrote, else one made of its report.
std::optional<Json> row_at(const std::string& point) {
  if (auto row = read_json(point + "/row.json")) return row;
  if (const auto report = read_json(point + "/report.json"))
    if (report->contains("executions") && report->contains("comparison")) return row_of(*report, "");
  return std::nullopt;
}

void add_work(Json& work, const Json& more) {
  if (!more.is_object()) return;
  for (const auto& [name, count] : more.items())
    if (count.is_number_unsigned()) work[name] = work.value(name, std::uint64_t{0}) + count.get<std::uint64_t>();
}

std::string header(const Sweep& sweep) {
  std::string line = list_header(sweep);
  for (const std::string& name : result_columns()) line += "," + name;
  line += ",status,message,report";
  for (const std::string& name : host_columns()) line += "," + name;
  return line;
}

struct Row {
  std::string status, message, report;
  Json values = Json::object();
};

std::string row_text(const Sweep& sweep, std::uint64_t index, const Row& row) {
  const auto cell = [&](const std::string& name) { return "," + csv_cell(row.values.value(name, Json())); };
  std::string line = list_row(sweep, index);
  for (const std::string& name : result_columns()) line += cell(name);
  for (const std::string& text : {row.status, row.message, row.report}) line += "," + csv_cell(text);
  for (const std::string& name : host_columns()) line += cell(name);
  return line;
}

Row row_of_point(const SweepFolder& folder, const std::string& id, PointCounts& counts) {
  switch (folder.state(id)) {
    case PointState::done:
      ++counts.done;
      if (auto values = row_at(folder.point(id)))
        return {"done", "", fmt::format("points/{}/report.json", id), std::move(*values)};
      return {"done", "its report is damaged", fmt::format("points/{}/report.json", id), Json::object()};
    case PointState::failed: {
      ++counts.failed;
      const auto failure = read_json(folder.point(id) + "/failure.json");
      return {"failed", failure ? failure->value("message", "") : "its record is damaged", "", Json::object()};
    }
    case PointState::left:
      break;
  }
  ++counts.left;
  return {"left", "", "", Json::object()};
}

Json axes_json(const Sweep& sweep) {
  Json axes = Json::array();
  for (const SweepColumn& column : sweep.space().columns())
    axes.push_back({{"name", column.name},
                    {"pointer", column.pointers.size() == 1 ? Json(column.pointers[0]) : Json(column.pointers)},
                    {"numeric", column.numeric},
                    {"log", column.log},
                    {"group", column.axis}});
  return axes;
}

void write_sweep_json(const Sweep& sweep, const SweepFolder& folder, const SweepHost& host, const PointCounts& counts,
                      const Json& work) {
  const Json json{{"tool", {{"name", "deltasim"}, {"version", DELTASIM_VERSION}}},
                  {"file", std::filesystem::path(sweep.file()).filename().string()},
                  {"sweep", sweep.effective()},
                  {"points",
                   {{"total", counts.total},
                    {"excluded", counts.excluded},
                    {"done", counts.done},
                    {"failed", counts.failed},
                    {"left", counts.left}}},
                  {"axes", axes_json(sweep)},
                  {"work", work},
                  {"host", {{"name", host_name()}, {"jobs", host.jobs}, {"wall_s", host.wall_s}}}};
  traces::write_file(folder.file("sweep.json"), json.dump(1) + "\n");
}

std::string shown(const Json& json, const Json::json_pointer& place) {
  if (!json.contains(place)) return "absent";
  const std::string text = json[place].dump();
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

/// "/axes/0/values/2 is 5, was 4"
std::string difference(const Json& was, const Json& is) {
  const nlohmann::json changes = nlohmann::json::diff(nlohmann::json(was), nlohmann::json(is));
  const std::string place = changes[0]["path"].get<std::string>();
  const Json::json_pointer pointer(place);
  std::string text = fmt::format("{} is {}, was {}", place, shown(is, pointer), shown(was, pointer));
  if (changes.size() > 1) text += fmt::format(", and {} more", changes.size() - 1);
  return text;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string list_header(const Sweep& sweep) {
  std::string line = "id";
  for (const SweepColumn& column : sweep.space().columns()) line += "," + column.name;
  return line;
}

std::string list_row(const Sweep& sweep, std::uint64_t index) {
  std::string line = sweep.space().id(index);
  for (const Json& value : sweep.space().cells(index)) line += "," + csv_cell(value);
  return line;
}

PointCounts write_tables(const Sweep& sweep, const SweepFolder& folder, const SweepHost& host) {
  const Claim claim = folder.claim_tables();
  PointCounts counts;
  counts.total = sweep.space().size();
  Json work = Json::object();
  RowFile csv(folder.file("sweep.csv"));
  csv.write(header(sweep));
  for (std::uint64_t index = 0; index < counts.total; ++index) {
    if (!sweep.allows(index)) {
      ++counts.excluded;
      continue;
    }
    const Row row = row_of_point(folder, sweep.space().id(index), counts);
    add_work(work, row.values.value("work", Json()));
    csv.write(row_text(sweep, index, row));
  }
  csv.commit();
  write_sweep_json(sweep, folder, host, counts, work);
  return counts;
}

void settle_folder(const Sweep& sweep, const SweepFolder& folder, const SweepHost& host) {
  const Claim claim = folder.claim_tables();
  if (access(folder.file("sweep.json").c_str(), F_OK) == 0) {
    const Json there = parse_json(read_text(folder.file("sweep.json")), folder.file("sweep.json"));
    const Json was = there.value("sweep", Json()), is = sweep.effective();
    if (nlohmann::json(was) == nlohmann::json(is)) return;  // in whatever order their keys stand
    throw models::InputError(folder.path(), "", "holds another sweep: " + difference(was, is),
                             "another folder, or the sweep file as it was");
  }
  PointCounts counts;
  counts.total = sweep.space().size();
  for (std::uint64_t index = 0; sweep.has_constraints() && index < counts.total; ++index)
    counts.excluded += sweep.allows(index) ? 0 : 1;
  counts.left = counts.total - counts.excluded;
  write_sweep_json(sweep, folder, host, counts, Json::object());
}

}  // namespace deltasim::sim
