#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// One bank of SRAM as a memory compiler model sees it.
struct SramRow {
  double node_nm = 0;
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
  std::string note;  ///< empty, or which figure lay outside the table and was clamped
};

/// Energy of any bank by interpolation of the table: log-log in size, linear against log2 in width, log-log in node;
/// clamped at the table's edges. Leakage is not calibrated and grows in proportion to the size outside.
class SramTable {
 public:
  SramTable(std::vector<SramRow> rows, std::vector<SramCalibration> calibration);

  SramEstimate estimate(double node_nm, double bank_bytes, double width_bits) const;
  double calibration(double bank_bytes) const;

 private:
  std::vector<SramRow> rows_;  ///< sorted by node, width, size
  std::vector<SramCalibration> calibration_;
};

}  // namespace deltasim::sim
