#include "sim/timeline/row_packer.hpp"

namespace deltasim::sim {

void RowPacker::add(std::string_view name, std::uint64_t begin, std::uint64_t end, std::string_view arguments) {
  std::uint32_t row = 0;
  while (row < rows() && free_at_[row] > begin) ++row;
  const Track track{process_, first_ + row};
  if (row == rows()) {
    writer_.name_thread(track, row == 0 ? name_ : fmt::format("{} ({})", name_, row + 1));
    free_at_.push_back(0);
  }
  free_at_[row] = end;
  writer_.span(track, name, begin, end, arguments);
}

}  // namespace deltasim::sim
