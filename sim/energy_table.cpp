#include "sim/energy_table.hpp"

#include "models/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace deltasim::sim {
namespace {

using Json = nlohmann::ordered_json;
using models::InputError;

/// A value of the table and where it stands.
class Node {
 public:
  Node(const Json& json, const std::string& file, std::string place)
      : json_(json), file_(file), place_(std::move(place)) {}

  [[noreturn]] void fail(const std::string& problem, const std::string& remedy) const {
    throw InputError(file_, place_.empty() ? "/" : place_, problem, remedy);
  }

  const Json& json() const { return json_; }
  bool has(const std::string& key) const { return json_.contains(key); }
  Node operator[](const std::string& key) const {
    if (!has(key)) fail(fmt::format("'{}' is missing", key), "every entry of the table is needed");
    return {json_.at(key), file_, place_ + "/" + key};
  }
  Node operator[](std::size_t i) const { return {json_.at(i), file_, fmt::format("{}/{}", place_, i)}; }

  const Node& object(std::initializer_list<const char*> known) const {
    if (!json_.is_object()) fail(fmt::format("is {}", json_.type_name()), "an object");
    for (const auto& [key, value] : json_.items())
      if (std::none_of(known.begin(), known.end(), [&k = key](const char* name) { return k == name; }))
        fail(fmt::format("unknown key '{}'", key), fmt::format("known here: {}", fmt::join(known, ", ")));
    return *this;
  }
  const Node& map() const {
    if (!json_.is_object()) fail(fmt::format("is {}", json_.type_name()), "an object");
    return *this;
  }
  const Node& list(std::size_t least) const {
    if (!json_.is_array() || json_.size() < least) fail("is not a list", fmt::format("a list of {} or more", least));
    return *this;
  }
  double number(double low, double high) const {
    const double v = json_.is_number() ? json_.get<double>() : std::nan("");
    if (!(v >= low && v <= high))
      fail(fmt::format("is {}", json_.dump()), fmt::format("a number from {} to {}", low, high));
    return v;
  }
  std::string text() const {
    if (!json_.is_string()) fail(fmt::format("is {}", json_.type_name()), "a string");
    return json_.get<std::string>();
  }
  std::string text_or_empty(const std::string& key) const { return has(key) ? (*this)[key].text() : ""; }
  double factor(const std::string& key, double low, double high) const {
    return has(key) ? (*this)[key].number(low, high) : 1;
  }

 private:
  const Json& json_;
  const std::string& file_;
  std::string place_;
};

constexpr double most = 1e9;
constexpr double least_node = 1, most_node = 1000;

class Parser {
 public:
  EnergyTable run(const Node& root) {
    root.object({"name", "note", "sources", "operations", "between_nodes", "sram", "activities", "static", "voltage"});
    table_.name = root["name"].text();
    for (const auto& [key, text] : root["sources"].map().json().items())
      table_.sources[key] = root["sources"][key].text();
    if (root.has("voltage")) voltage(root["voltage"]);
    if (root.has("operations")) operations(root["operations"]);
    if (root.has("between_nodes")) {
      root["between_nodes"].object({"low_factor", "high_factor", "note"});
      table_.between_nodes_low = root["between_nodes"].factor("low_factor", 0, 1);
      table_.between_nodes_high = root["between_nodes"].factor("high_factor", 1, 100);
    }
    if (root.has("sram")) sram(root["sram"]);
    activities(root["activities"]);
    always(root["static"]);
    return std::move(table_);
  }

 private:
  Quantity quantity(const Node& n, std::initializer_list<const char*> units) {
    Quantity q;
    q.value = n["value"].number(0, most);
    q.low = n["low"].number(0, most);
    q.high = n["high"].number(0, most);
    if (q.low > q.value || q.value > q.high)
      n.fail(fmt::format("low {}, value {}, high {} are not in this order", q.low, q.value, q.high),
             "low <= value <= high");
    q.unit = n["unit"].text();
    if (std::find(units.begin(), units.end(), q.unit) == units.end())
      n["unit"].fail(fmt::format("unknown unit '{}'", q.unit), fmt::format("here: {}", fmt::join(units, ", ")));
    q.source = source(n["source"]);
    q.note = n.text_or_empty("note");
    return q;
  }

  std::string source(const Node& n) const {
    std::string all = n.text();
    for (std::size_t begin = 0; begin <= all.size();) {
      const std::size_t end = std::min(all.find(", ", begin), all.size());
      const std::string key = all.substr(begin, end - begin);
      if (!table_.sources.count(key)) {
        std::vector<std::string> known;
        for (const auto& s : table_.sources) known.push_back(s.first);
        n.fail(fmt::format("unknown source '{}'", key), fmt::format("a key of /sources: {}", fmt::join(known, ", ")));
      }
      begin = end + 2;
    }
    return all;
  }

  void operations(const Node& all) {
    for (const auto& [name, unused] : all.map().json().items()) {
      const Node n = all[name];
      n.object({"points", "scales_as", "note"});
      Operation op;
      op.scales_as = n.text_or_empty("scales_as");
      const Node points = n["points"];
      points.list(1);
      for (std::size_t i = 0; i < points.json().size(); ++i) {
        const Node p = points[i];
        p.object({"node_nm", "value", "low", "high", "unit", "source", "note"});
        op.points.push_back({p["node_nm"].number(least_node, most_node), quantity(p, {"pJ"})});
      }
      std::sort(op.points.begin(), op.points.end(), [](const auto& a, const auto& b) { return a.node_nm < b.node_nm; });
      for (std::size_t i = 1; i < op.points.size(); ++i)
        if (op.points[i].node_nm == op.points[i - 1].node_nm)
          points.fail(fmt::format("{} nm stands twice", op.points[i].node_nm), "one point for each node");
      table_.operations[name] = std::move(op);
    }
    for (const auto& [name, op] : table_.operations) {
      if (op.scales_as.empty()) continue;
      const auto like = table_.operations.find(op.scales_as);
      if (like == table_.operations.end() || !like->second.scales_as.empty() || op.points.size() != 1)
        all[name].fail(fmt::format("cannot scale as '{}'", op.scales_as),
                       "one point, and an operation of this table that does not itself scale as another");
    }
  }

  void voltage(const Node& n) {
    n.object({"points", "leakage_exponent", "note"});
    table_.voltage = voltage_points(n["points"]);
    n["leakage_exponent"].object({"value", "low", "high", "unit", "source", "note"});
    table_.leakage_exponent = quantity(n["leakage_exponent"], {"1"});
  }

  TableVoltage voltage_points(const Node& list) const {
    TableVoltage v;
    list.list(1);
    for (std::size_t i = 0; i < list.json().size(); ++i) {
      list[i].object({"node_nm", "volt", "source", "note"});
      v.points.push_back({list[i]["node_nm"].number(least_node, most_node), list[i]["volt"].number(0.1, 5),
                          source(list[i]["source"])});
    }
    std::sort(v.points.begin(), v.points.end(), [](const auto& a, const auto& b) { return a.node_nm < b.node_nm; });
    return v;
  }

  void sram(const Node& n) {
    n.object({"voltage", "source", "note", "low_factor", "high_factor", "calibration", "calibration_note", "columns",
              "rows"});
    table_.sram_source = source(n["source"]);
    if (n.has("voltage")) table_.sram_voltage = voltage_points(n["voltage"]);
    table_.sram_low = n.factor("low_factor", 0, 1);
    table_.sram_high = n.factor("high_factor", 1, 100);
    std::vector<SramCalibration> calibration;
    const Node points = n["calibration"];
    points.list(0);
    for (std::size_t i = 0; i < points.json().size(); ++i) {
      row_of(points[i], 2);
      calibration.push_back({points[i][0].number(-20, 40), points[i][1].number(1e-3, 1e3)});
    }
    std::vector<SramRow> rows;
    const Node table = n["rows"];
    table.list(1);
    for (std::size_t i = 0; i < table.json().size(); ++i) rows.push_back(sram_row(table[i]));
    table_.sram = SramTable(std::move(rows), std::move(calibration));
  }

  static void row_of(const Node& n, std::size_t length) {
    if (!n.json().is_array() || n.json().size() != length) n.fail("is not a row", fmt::format("{} numbers", length));
  }

  static SramRow sram_row(const Node& n) {
    row_of(n, 8);
    constexpr double tiny = 1e-12;  // logarithms are taken
    SramRow r;
    r.node_nm = n[0].number(least_node, most_node);
    r.ports = static_cast<std::uint32_t>(n[1].number(1, 2));
    r.size_bytes = n[2].number(1, 1e12);
    r.width_bits = n[3].number(1, 65536);
    r.read_pj = n[4].number(tiny, most);
    r.write_pj = n[5].number(tiny, most);
    r.leak_mw_300k = n[6].number(tiny, most);
    r.leak_mw_350k = n[7].number(tiny, most);
    return r;
  }

  void activities(const Node& all) {
    for (const auto& [name, unused] : all.map().json().items())
      if (std::none_of(hw::activity_info.begin(), hw::activity_info.end(),
                       [&key = name](const auto& info) { return info.name == key; }))
        all.fail(fmt::format("unknown activity '{}'", name), "an activity that the machine counts");
    for (std::size_t i = 0; i < hw::activity_total; ++i) {
      const auto activity = static_cast<hw::Activity>(i);
      const std::string name(hw::activity_info[i].name);
      const bool optional = activity == hw::Activity::dram_read || activity == hw::Activity::dram_write;
      if (optional && !all.has(name)) continue;
      table_.activities[i] = rule(all[name], moves_words(activity));
      table_.activities[i].stated = true;
    }
  }

  ActivityRule rule(const Node& n, bool words) {
    ActivityRule r;
    if (n.has("value")) {
      n.object({"value", "low", "high", "unit", "source", "note"});
      r.quantity = words ? quantity(n, {"pJ", "pJ/bit"}) : quantity(n, {"pJ"});
      r.note = r.quantity->note;
      return r;
    }
    n.object({"memory", "access", "operations", "low_factor", "high_factor", "note"});
    if (n.has("memory")) memory(n, r);
    if (n.has("operations")) operation_counts(n["operations"], r);
    if (!r.memory && r.operations.empty())
      n.fail("says nothing about the energy", "value, low, high, unit and source; or memory and access; or operations");
    r.low_factor = n.factor("low_factor", 0, 1);
    r.high_factor = n.factor("high_factor", 1, 100);
    r.note = n.text_or_empty("note");
    return r;
  }

  void memory(const Node& n, ActivityRule& r) const {
    const std::string name = n["memory"].text();
    const auto found = std::find(memory_kind_names.begin(), memory_kind_names.end(), name);
    if (found == memory_kind_names.end())
      n["memory"].fail(fmt::format("unknown memory '{}'", name), fmt::format("{}", fmt::join(memory_kind_names, ", ")));
    if (table_.sram.empty()) n.fail("there is no section /sram to take it from", "add it, or give a value");
    r.memory = static_cast<MemoryKind>(found - memory_kind_names.begin());
    const std::string access = n["access"].text();
    if (access != "read" && access != "write") n["access"].fail(fmt::format("is '{}'", access), "read or write");
    r.write = access == "write";
  }

  void operation_counts(const Node& n, ActivityRule& r) const {
    for (const auto& [name, unused] : n.map().json().items()) {
      if (!table_.operations.count(name)) n.fail(fmt::format("unknown operation '{}'", name), "a key of /operations");
      r.operations[name] = n[name].number(0, 1e6);
    }
  }

  void always(const Node& n) {
    n.object({"memory_leakage", "logic_leakage", "idle_clock"});
    if (n.has("memory_leakage")) table_.memory_leakage = entry(n["memory_leakage"], "mW");
    if (!n.has("memory_leakage") && table_.sram.empty())
      n.fail("'memory_leakage' is missing", "give it, or a section /sram that it follows from");
    table_.logic_leakage = entry(n["logic_leakage"], "mW");
    table_.idle_clock = entry(n["idle_clock"], "pJ/cycle");
  }

  Quantity entry(const Node& n, const char* unit) {
    n.object({"value", "low", "high", "unit", "source", "note"});
    return quantity(n, {unit});
  }

  EnergyTable table_;
};

}  // namespace

double TableVoltage::at(double node_nm) const {
  const auto above =
      std::find_if(points.begin(), points.end(), [node_nm](const Point& p) { return p.node_nm >= node_nm; });
  if (above == points.end()) return points.back().volt;
  if (above == points.begin()) return above->volt;
  const auto below = above - 1;
  const double t = std::log(node_nm / below->node_nm) / std::log(above->node_nm / below->node_nm);
  return below->volt + t * (above->volt - below->volt);
}

bool moves_words(hw::Activity activity) {
  using hw::Activity;
  constexpr std::array with_words{Activity::weight_read,     Activity::state_read, Activity::state_write,
                                  Activity::reference_read,  Activity::flag_read,  Activity::queue_read,
                                  Activity::reference_write, Activity::flit_hop,   Activity::queue_write,
                                  Activity::dram_read,       Activity::dram_write};
  return std::find(with_words.begin(), with_words.end(), activity) != with_words.end();
}

EnergyTable parse_energy_table(const Json& json, const std::string& file) { return Parser().run(Node(json, file, "")); }

}  // namespace deltasim::sim
