#include "traces/npy.hpp"

#include "models/error.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/temporary_folder.hpp"
#include "traces/atomic_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace deltasim;
using traces::NpyReader;
using traces::write_file;

namespace {

/// A file as NumPy would write it, with any header.
std::string npy_bytes(const std::string& header, const std::string& data, int version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += static_cast<char>(version);
  bytes += '\0';
  const std::size_t length = header.size() + 1;
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes += static_cast<char>(length >> (8 * i) & 0xff);
  return bytes + header + "\n" + data;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

std::vector<double> row(const std::string& path, std::uint64_t index) {
  NpyReader reader(path);
  std::vector<double> values;
  reader.read_row(index, values);
  return values;
}

}  // namespace

TEST_CASE("what is written reads back, whatever the type") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  traces::write_npy(path, std::vector<std::int64_t>{1, -2, 3000000000, 4, 5, 6}, {2, 3});
  CHECK(row(path, 0) == std::vector<double>{1, -2, 3000000000.0});
  CHECK(row(path, 1) == std::vector<double>{4, 5, 6});
  CHECK(test::read_npy(path).values == std::vector<double>{1, -2, 3000000000.0, 4, 5, 6});
  CHECK(test::read_npy(path).extents == std::vector<std::size_t>{2, 3});
  traces::write_npy(path, std::vector<float>{0.25f, -1.5f}, {2});
  CHECK(row(path, 1) == std::vector<double>{-1.5});
  traces::write_npy(path, std::vector<std::uint8_t>{0, 255}, {1, 1, 2});
  CHECK(row(path, 0) == std::vector<double>{0, 255});
  traces::write_npy(path, std::vector<double>{0.1}, {1});
  CHECK(row(path, 0) == std::vector<double>{0.1});
  traces::write_npy(path, std::vector<std::int32_t>{}, {0, 7});
  CHECK(NpyReader(path).rows() == 0);
}

TEST_CASE("data starts on a multiple of 64 bytes, as the format asks") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  for (std::uint64_t columns = 1; columns < 100000000; columns *= 10) {
    traces::write_npy(path, std::vector<float>{}, {0, columns});
    CHECK(NpyReader(path).header().data_offset % 64 == 0);
    CHECK(std::filesystem::file_size(path) % 64 == 0);
  }
}

TEST_CASE("headers of versions 1 to 3, both byte orders, half floats and booleans") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  for (const int version : {1, 2, 3}) {
    write_file(path, npy_bytes("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }",
                               {'\1', '\2', '\xff', '\xfe'}, version));
    CHECK(row(path, 0) == std::vector<double>{258});
    CHECK(row(path, 1) == std::vector<double>{-2});
  }
  const std::vector<std::uint16_t> halves{0x3c00, 0xc100, 0x0001, 0x7bff};  // 1, -2.5, 2^-24, 65504
  write_file(path, npy_bytes("{'shape': (1, 4), 'fortran_order': False, 'descr': '<f2'}", raw(halves)));
  CHECK(row(path, 0) == std::vector<double>{1, -2.5, 1.0 / 16777216, 65504});
  write_file(path, npy_bytes("{'descr': '|b1', 'fortran_order': False, 'shape': (1, 2)}", {'\1', '\0'}));
  CHECK(row(path, 0) == std::vector<double>{1, 0});
}

TEST_CASE("Fortran order gives the same rows as C order") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "f.npy";
  std::vector<std::int32_t> column_major(2 * 3 * 4);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) column_major[i + 2 * (j + 3 * k)] = 100 * i + 10 * j + k;
  write_file(path, npy_bytes("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 4), }", raw(column_major)));
  CHECK(row(path, 1) == std::vector<double>{100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123});
}

TEST_CASE("bad arrays are refused with file, place, fault and remedy") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "bad.npy";
  const auto refused = [&path](const std::string& bytes, const std::string& text) {
    write_file(path, bytes);
    CHECK_THROWS_WITH_AS(NpyReader{path}, (path + ": " + text).c_str(), models::InputError);
  };
  const std::string types = "bool, uint8 to uint64, int8 to int64 or float16 to float64";
  refused("hello", "byte 0: is not an .npy file; a file that numpy.save() wrote");
  refused(npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "0123456789"),
          "byte 80: is truncated: the header promises 16 bytes of data, 10 are there; a complete file");
  refused(npy_bytes("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "01234567"),
          "header: type '<c8' is not supported; " + types);
  refused(npy_bytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "0123"),
          "header: arrays of records are not supported; " + types);
  refused(npy_bytes("{'fortran_order': False, 'shape': (1,), }", "0123"),
          "header: has no entry 'descr'; a dictionary with descr, fortran_order and shape");
  refused(npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "0123"),
          "header: shape is not a tuple of numbers; a shape such as (10, 3, 8, 8)");
  refused(npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000000000000), }", ""),
          "header: shape is impossibly large; an array that fits in a file");
  refused(npy_bytes("", "", 9), "byte 6: version 9 of the format is unknown; version 1, 2 or 3");
  std::string cut("\x93NUMPY\1\0\x76\0{'descr", 17);
  refused(cut, "header: is truncated; a complete file");
}

TEST_CASE("a file appears complete or not at all") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "out.txt";
  {
    traces::AtomicFile file(path);
    CHECK(std::filesystem::exists(file.temporary()));
  }
  CHECK(std::filesystem::is_empty(std::filesystem::path(path).parent_path()));
  write_file(path, "one");
  write_file(path, "two");
  CHECK(std::filesystem::file_size(path) == 3);
  const std::string nowhere = folder / "missing/out.txt";
  CHECK_THROWS_WITH_AS(
      write_file(nowhere, "x"),
      (nowhere + ": cannot be written (No such file or directory); name a file in a folder that exists "
                 "and is writable")
          .c_str(),
      models::InputError);
}
