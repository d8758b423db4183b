#include "sim/page/csv.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

constexpr const char* remedy = "the whole file as deltasim wrote it";

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t line() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> cells;
    for (;;) {
      cells.push_back(cell());
      if (at_end())
        throw models::InputError(file_, fmt::format("line {}", line_), "the file ends within a row", remedy);
      const char end = text_[at_++];
      if (end == ',') continue;
      ++line_;
      return cells;
    }
  }

 private:
  std::string cell() {
    if (!at_end() && text_[at_] == '"') return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    std::string value(text_.substr(at_, end - at_));
    at_ = end;
    if (!value.empty() && value.back() == '\r') value.pop_back();
    return value;
  }

  std::string quoted() {
    std::string value;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"' && (++at_ == text_.size() || text_[at_] != '"')) return value;
      if (text_[at_] == '\n') ++line_;
      value += text_[at_];
    }
    return value;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0, line_ = 1;
};

}  // namespace

CsvTable parse_csv(std::string_view text, const std::string& file) {
  Reader reader(text, file);
  if (reader.at_end()) throw models::InputError(file, "", "is empty", remedy);
  CsvTable table{reader.row(), {}};
  while (!reader.at_end()) {
    const std::size_t line = reader.line();
    table.rows.push_back(reader.row());
    if (table.rows.back().size() != table.columns.size())
      throw models::InputError(
          file, fmt::format("line {}", line),
          fmt::format("{} cells under a header of {}", table.rows.back().size(), table.columns.size()), remedy);
  }
  return table;
}

}  // namespace deltasim::sim
