#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace deltasim::test {

/// A .npy file's values as doubles, row-major. For tests on trusted data: the program's own reader is in traces/.
struct Npy {
  std::vector<std::size_t> extents;
  std::vector<double> values;
};

template <typename T>
void append_values(const std::string& bytes, std::size_t from, std::vector<double>& values) {
  for (std::size_t at = from; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

inline Npy read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.size() < 12 || bytes.compare(1, 5, "NUMPY") != 0) throw std::runtime_error(path + ": not npy");
  const std::size_t begin = bytes[6] == 1 ? 10 : 12;
  const std::size_t length = static_cast<std::uint8_t>(bytes[8]) + 256u * static_cast<std::uint8_t>(bytes[9]);
  const std::string header = bytes.substr(begin, length);
  if (header.find("'fortran_order': False") == std::string::npos) throw std::runtime_error(path + ": column-major");
  Npy array;
  const std::size_t shape = header.find('(');
  std::string digits;
  for (const char c : header.substr(shape, header.find(')') - shape + 1)) {
    if (c >= '0' && c <= '9') digits += c;
    if ((c == ',' || c == ')') && !digits.empty()) array.extents.push_back(std::stoul(digits)), digits.clear();
  }
  const std::size_t data = begin + length;
  if (header.find("|u1") != std::string::npos) append_values<std::uint8_t>(bytes, data, array.values);
  if (header.find("<i4") != std::string::npos) append_values<std::int32_t>(bytes, data, array.values);
  if (header.find("<i8") != std::string::npos) append_values<std::int64_t>(bytes, data, array.values);
  if (header.find("<f4") != std::string::npos) append_values<float>(bytes, data, array.values);
  if (header.find("<f8") != std::string::npos) append_values<double>(bytes, data, array.values);
  return array;
}

}  // namespace deltasim::test
