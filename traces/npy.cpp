#include "traces/npy.hpp"

#include "models/error.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

namespace deltasim::traces {

using models::InputError;

namespace {

constexpr std::string_view magic("\x93NUMPY", 6);

template <class T>
void write_array(const std::string& path, const std::vector<T>& values, const std::vector<std::uint64_t>& dims,
                 const char* descr) {
  std::string shape;
  std::uint64_t size = 1;
  for (const std::uint64_t dim : dims) {
    shape += fmt::format("{}, ", dim);
    size *= dim;
  }
  assert(size == values.size());
  if (dims.size() > 1) shape.resize(shape.size() - 2);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  // The data starts on a multiple of 64 bytes: so says the format.
  header.append(64 - (magic.size() + 4 + header.size() + 1) % 64, ' ');
  header += '\n';
  std::string contents(magic);
  contents += '\1';
  contents += '\0';
  contents += static_cast<char>(header.size() & 0xff);
  contents += static_cast<char>(header.size() >> 8);
  contents += header;
  contents.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  write_file(path, contents);
}

double from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1.0 : 1.0;
  if (exponent == 31) return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * HUGE_VAL;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
}

template <class T>
double decode(const char* bytes, bool swapped) {
  char item[sizeof(T)];
  std::memcpy(item, bytes, sizeof(T));
  if (swapped) std::reverse(item, item + sizeof(T));
  T value;
  std::memcpy(&value, item, sizeof(T));
  return static_cast<double>(value);
}

double decode_half(const char* bytes, bool swapped) {
  return from_half(static_cast<std::uint16_t>(decode<std::uint16_t>(bytes, swapped)));
}

using Decoder = double (*)(const char*, bool);

/// Null for a type that is not supported.
Decoder decoder_of(char kind, std::uint32_t bytes) {
  switch (kind) {
    case 'b':
      return bytes == 1 ? decode<std::uint8_t> : nullptr;
    case 'u':
      return bytes == 1   ? decode<std::uint8_t>
             : bytes == 2 ? decode<std::uint16_t>
             : bytes == 4 ? decode<std::uint32_t>
             : bytes == 8 ? decode<std::uint64_t>
                          : nullptr;
    case 'i':
      return bytes == 1   ? decode<std::int8_t>
             : bytes == 2 ? decode<std::int16_t>
             : bytes == 4 ? decode<std::int32_t>
             : bytes == 8 ? decode<std::int64_t>
                          : nullptr;
    case 'f':
      return bytes == 2 ? decode_half : bytes == 4 ? decode<float> : bytes == 8 ? decode<double> : nullptr;
    default:
      return nullptr;
  }
}

/// The header is a Python dictionary with exactly three known entries; this finds the text after a key.
class HeaderText {
 public:
  HeaderText(const std::string& path, std::string text) : path_(path), text_(std::move(text)) {}

  [[noreturn]] void fail(const std::string& problem, const std::string& remedy) const {
    throw InputError(path_, "header", problem, remedy);
  }

  std::string_view after(const std::string& key) const {
    std::size_t at = text_.find("'" + key + "'");
    if (at != std::string::npos) at = text_.find(':', at);
    if (at != std::string::npos) at = text_.find_first_not_of(' ', at + 1);
    if (at == std::string::npos)
      fail(fmt::format("has no entry '{}'", key), "a dictionary with descr, fortran_order and shape");
    return std::string_view(text_).substr(at);
  }

 private:
  const std::string& path_;
  std::string text_;
};

void parse_type(const HeaderText& text, NpyHeader& header) {
  const char* const remedy = "bool, uint8 to uint64, int8 to int64 or float16 to float64";
  const std::string_view value = text.after("descr");
  const std::size_t end = value.size() > 1 ? value.find('\'', 1) : std::string_view::npos;
  if (value[0] != '\'' || end == std::string_view::npos) text.fail("arrays of records are not supported", remedy);
  const std::string_view type = value.substr(1, end - 1);
  const bool known = type.size() == 3 && std::string_view("<>|=").find(type[0]) != std::string_view::npos &&
                     type[2] >= '1' && type[2] <= '8' && decoder_of(type[1], type[2] - '0') != nullptr;
  if (!known) text.fail(fmt::format("type '{}' is not supported", type), remedy);
  header.kind = type[1];
  header.item_bytes = static_cast<std::uint32_t>(type[2] - '0');
  header.swapped = type[0] == '>';  // all machines that this builds for are little-endian
}

void parse_shape(const HeaderText& text, NpyHeader& header) {
  const std::string_view value = text.after("shape");
  const std::size_t end = value.find(')');
  if (value[0] != '(' || end == std::string_view::npos)
    text.fail("shape is not a tuple", "a shape such as (10, 3, 8, 8)");
  std::uint64_t dim = 0;
  bool digits = false;
  for (const char c : value.substr(1, end - 1)) {
    if (c >= '0' && c <= '9') {
      dim = dim * 10 + static_cast<std::uint64_t>(c - '0');
      digits = true;
      if (dim > std::uint64_t{1} << 40) text.fail("shape has an impossible dimension", "dimensions below 2^40");
    } else if (c == ',' && digits) {
      header.dims.push_back(dim);
      dim = 0;
      digits = false;
    } else if (c != ' ' && c != 'L') {
      text.fail("shape is not a tuple of numbers", "a shape such as (10, 3, 8, 8)");
    }
  }
  if (digits) header.dims.push_back(dim);
}

std::string read_header_text(std::ifstream& file, const std::string& path, std::uint64_t& data_offset) {
  char start[12] = {};
  file.read(start, 8);
  if (file.gcount() < 8 || std::string_view(start, 6) != magic)
    throw InputError(path, "byte 0", "is not an .npy file", "a file that numpy.save() wrote");
  const int version = static_cast<unsigned char>(start[6]), length_bytes = version == 1 ? 2 : 4;
  if (version < 1 || version > 3)
    throw InputError(path, "byte 6", fmt::format("version {} of the format is unknown", version), "version 1, 2 or 3");
  unsigned char length_text[4] = {};
  file.read(reinterpret_cast<char*>(length_text), length_bytes);
  std::uint64_t length = 0;
  for (int i = 0; i < length_bytes; ++i) length |= std::uint64_t{length_text[i]} << (8 * i);
  if (length > 1 << 20) throw InputError(path, "byte 8", "the header's length is impossible", "a complete file");
  std::string text(length, '\0');
  file.read(text.data(), static_cast<std::streamsize>(length));
  if (!file) throw InputError(path, "header", "is truncated", "a complete file");
  data_offset = 8 + static_cast<std::uint64_t>(length_bytes) + length;
  return text;
}

}  // namespace

void write_npy(const std::string& path, const std::vector<std::int64_t>& values,
               const std::vector<std::uint64_t>& dims) {
  write_array(path, values, dims, "<i8");
}
void write_npy(const std::string& path, const std::vector<std::int32_t>& values,
               const std::vector<std::uint64_t>& dims) {
  write_array(path, values, dims, "<i4");
}
void write_npy(const std::string& path, const std::vector<std::uint8_t>& values,
               const std::vector<std::uint64_t>& dims) {
  write_array(path, values, dims, "|u1");
}
void write_npy(const std::string& path, const std::vector<float>& values, const std::vector<std::uint64_t>& dims) {
  write_array(path, values, dims, "<f4");
}
void write_npy(const std::string& path, const std::vector<double>& values, const std::vector<std::uint64_t>& dims) {
  write_array(path, values, dims, "<f8");
}

NpyReader::NpyReader(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) throw InputError(path_, "", "cannot be opened", "an .npy file that exists and is readable");
  const HeaderText text(path_, read_header_text(file_, path_, header_.data_offset));
  parse_type(text, header_);
  header_.fortran_order = text.after("fortran_order").substr(0, 4) == "True";
  parse_shape(text, header_);
  std::uint64_t expected = header_.item_bytes;
  for (std::size_t i = 0; i < header_.dims.size(); ++i) {
    if (header_.dims[i] != 0 && expected > (std::uint64_t{1} << 60) / header_.dims[i])
      text.fail("shape is impossibly large", "an array that fits in a file");
    expected *= header_.dims[i];
    if (i > 0) row_size_ *= header_.dims[i];
  }
  const std::uint64_t size = std::filesystem::file_size(path_);
  if (size < header_.data_offset + expected)
    throw InputError(path_, fmt::format("byte {}", size),
                     fmt::format("is truncated: the header promises {} bytes of data, {} are there", expected,
                                 size - header_.data_offset),
                     "a complete file");
}

void NpyReader::read_at(std::uint64_t offset, char* to, std::uint64_t bytes) {
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(header_.data_offset + offset));
  file_.read(to, static_cast<std::streamsize>(bytes));
  if (!file_)
    throw InputError(path_, fmt::format("byte {}", header_.data_offset + offset), "cannot be read", "a complete file");
}

void NpyReader::read_c_order(std::uint64_t row) {
  raw_.resize(row_size_ * header_.item_bytes);
  read_at(row * raw_.size(), raw_.data(), raw_.size());
}

void NpyReader::read_fortran_order(std::uint64_t row) {
  const std::uint64_t item = header_.item_bytes;
  if (whole_.empty()) {
    whole_.resize(rows() * row_size_ * item);
    read_at(0, whole_.data(), whole_.size());
  }
  raw_.resize(row_size_ * item);
  const auto& dims = header_.dims;
  std::vector<std::uint64_t> index(dims.size(), 0), stride(dims.size(), 1);
  for (std::size_t d = 1; d < dims.size(); ++d) stride[d] = stride[d - 1] * dims[d - 1];
  for (std::uint64_t i = 0; i < row_size_; ++i) {
    std::uint64_t from = row;
    for (std::size_t d = 1; d < dims.size(); ++d) from += index[d] * stride[d];
    std::memcpy(raw_.data() + i * item, whole_.data() + from * item, item);
    for (std::size_t d = dims.size(); d-- > 1;) {  // the last dimension counts fastest
      if (++index[d] < dims[d]) break;
      index[d] = 0;
    }
  }
}

void NpyReader::read_row(std::uint64_t row, std::vector<double>& out) {
  assert(row < rows());
  if (header_.fortran_order && header_.dims.size() > 1)
    read_fortran_order(row);
  else
    read_c_order(row);
  const Decoder decoder = decoder_of(header_.kind, header_.item_bytes);
  out.resize(row_size_);
  for (std::uint64_t i = 0; i < row_size_; ++i) out[i] = decoder(raw_.data() + i * header_.item_bytes, header_.swapped);
}

}  // namespace deltasim::traces
