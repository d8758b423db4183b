#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// One bank of SRAM as a memory model (CACTI) sees it.
struct SramRow {
  double node_nm = 0;
  std::uint32_t ports = 1;  ///< 1: one port that reads or writes; 2: one that reads and one that writes
  double size_bytes = 0;
  double width_bits = 0;
  double read_pj = 0;
  double write_pj = 0;
  double leak_mw_300k = 0;
  double leak_mw_350k = 0;
};

/// Calibration k(size): energy = k x row. Linear in log2(KiB) between points, constant outside.
struct SramCalibration {
  double log2_kib = 0;
  double k = 1;
};

struct SramEstimate {
  double read_pj = 0;
  double write_pj = 0;
  double leak_mw_300k = 0;
  double leak_mw_350k = 0;
  std::string note;  ///< empty, or which figure lay outside the table and what was done
};

/// Energy of any bank by interpolation: log-log in size, linear in width, log-log in node. Outside the table the
/// nearest size and node are taken (leakage in proportion to the size); a word wider than the table is several arrays
/// side by side; more than two ports count as two.
class SramTable {
 public:
  SramTable() = default;
  SramTable(std::vector<SramRow> rows, std::vector<SramCalibration> calibration);

  bool empty() const { return rows_.empty(); }
  SramEstimate estimate(double node_nm, double bank_bytes, double width_bits, std::uint32_t ports) const;
  double calibration(double bank_bytes) const;

 private:
  struct Figures;
  Figures at_width(double node_nm, std::uint32_t ports, double bytes, double width_bits, std::string& note) const;
  Figures at_node(double node_nm, std::uint32_t ports, double bytes, double width_bits, std::string& note) const;

  std::vector<SramRow> rows_;  ///< sorted by ports, node, width, size
  std::vector<SramCalibration> calibration_;
};

}  // namespace deltasim::sim
