#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

/// NumPy's .npy files: versions 1 to 3, C and Fortran order, both byte orders.
namespace deltasim::traces {

/// Writes an array in C order, atomically. The product of `dims` must equal values.size().
void write_npy(const std::string& path, const std::vector<std::int64_t>& values,
               const std::vector<std::uint64_t>& dims);
void write_npy(const std::string& path, const std::vector<std::int32_t>& values,
               const std::vector<std::uint64_t>& dims);
void write_npy(const std::string& path, const std::vector<std::uint8_t>& values,
               const std::vector<std::uint64_t>& dims);
void write_npy(const std::string& path, const std::vector<float>& values, const std::vector<std::uint64_t>& dims);
void write_npy(const std::string& path, const std::vector<double>& values, const std::vector<std::uint64_t>& dims);

/// What an .npy header says.
struct NpyHeader {
  char kind = 'u';               ///< NumPy's: b, u, i or f
  std::uint32_t item_bytes = 1;  ///< 1, 2, 4 or 8
  bool swapped = false;          ///< stored in the other byte order
  bool fortran_order = false;
  std::vector<std::uint64_t> dims;
  std::uint64_t data_offset = 0;  ///< of the first element in the file
};

/// Reads an array item by item of its first dimension, without holding all of it.
class NpyReader {
 public:
  /// Errors: InputError for a file that is no .npy, a type other than bool, integer or float, a truncated array.
  explicit NpyReader(const std::string& path);

  const NpyHeader& header() const { return header_; }
  std::uint64_t rows() const { return header_.dims.empty() ? 1 : header_.dims[0]; }
  std::uint64_t row_size() const { return row_size_; }  ///< elements of an item of the first dimension
  /// Item `row` of the first dimension, C order, exact (64-bit integers beyond 2^53 are rounded).
  void read_row(std::uint64_t row, std::vector<double>& out);

 private:
  void read_c_order(std::uint64_t row);
  void read_fortran_order(std::uint64_t row);
  void read_at(std::uint64_t offset, char* to, std::uint64_t bytes);

  std::string path_;
  std::ifstream file_;
  NpyHeader header_;
  std::uint64_t row_size_ = 1;
  std::vector<char> raw_;
  std::vector<char> whole_;  ///< Fortran order strides over the file: held once, if small enough
};

}  // namespace deltasim::traces
