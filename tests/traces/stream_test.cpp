#include "traces/stream.hpp"

#include "models/error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/traces/stream_samples.hpp"
#include "traces/atomic_file.hpp"
#include "traces/hdf5_objects.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define DELTASIM_CLANG_ASAN
#endif
#endif

using namespace deltasim;
using test::sample_frame;
using test::sample_info;
using traces::StreamReader;
using traces::StreamWriter;

/// libhdf5 1.10 itself loses memory when it meets damaged metadata; all else is still checked.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's name for it
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }

namespace {

void write_sample(const std::string& path, const traces::StreamInfo& info, std::uint64_t frames) {
  StreamWriter writer(path, info);
  for (std::uint64_t i = 0; i < frames; ++i)
    writer.append(sample_frame(info, i), i % 2 ? std::optional<std::uint32_t>(i) : std::nullopt);
  writer.finish();
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool same(const models::FrameEvents& a, const models::FrameEvents& b) {
  return a.frame == b.frame && a.key == b.key && a.of_layer == b.of_layer && a.outputs == b.outputs;
}

/// Reads to the end; the message of the InputError, if there is one.
std::string message(const std::string& bytes) {
  try {
    StreamReader reader = StreamReader::from_bytes(bytes, "s.h5");
    for (models::FrameEvents frame; reader.next(frame);) continue;
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "no error";
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

}  // namespace

TEST_CASE("a stream reads back as it was written") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  const auto info = sample_info();
  write_sample(path, info, 23);
  StreamReader reader(path);
  for (int round = 0; round < 2; ++round, reader.rewind()) {
    models::FrameEvents frame;
    for (std::uint64_t i = 0; i < 23; ++i) {
      REQUIRE(reader.next(frame));
      CHECK(same(frame, sample_frame(info, i)));
      CHECK(reader.label() == (i % 2 ? std::optional<std::uint32_t>(i) : std::nullopt));
    }
    CHECK_FALSE(reader.next(frame));
  }
}

TEST_CASE("a stream says what it is") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  const auto wrote = sample_info();
  write_sample(path, wrote, 3);
  const StreamReader reader = StreamReader::from_bytes(bytes_of(path), "memory");
  const auto& info = reader.info();
  CHECK(info.frames == 3);
  CHECK(info.network == wrote.network);
  CHECK(info.network_hash == wrote.network_hash);
  CHECK(info.source == wrote.source);
  CHECK(info.tool == wrote.tool);
  CHECK(info.frame_rate == wrote.frame_rate);
  CHECK_FALSE(info.frame_rate_assumed);
  CHECK(info.outputs == 10);
  CHECK(info.rules.rule == models::Rule::send_on_delta);
  CHECK(info.rules.comparison == models::Comparison::greater);  // the rule's own, spelled out
  CHECK(info.rules.payload_bits == 16);
  CHECK(info.rules.key_frame_period == 7);
  CHECK(info.rules.every.threshold == std::vector<double>{2.0});
  REQUIRE(info.rules.layers.size() == 1);
  CHECK(info.rules.layers.at("wide").mode == models::Mode::normal);
  CHECK(info.rules.layers.at("wide").threshold == std::vector<double>{1.0, 2.5, 4.0});
  REQUIRE(info.layers.size() == 3);
  CHECK(info.layers[1].name == "wide");
  CHECK(info.layers[1].shape == models::Shape{70000, 1, 1});
  CHECK(info.layers[1].step == 0.25);
  CHECK(reader.traits().absolute == std::vector<std::uint8_t>{0, 1, 0});
}

TEST_CASE("steps per channel are kept, and must fit the channels") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  auto wrote = sample_info();
  wrote.layers[2].channel_steps.assign(wrote.layers[2].shape.channels, 0.5);
  wrote.layers[2].channel_steps.front() = 0.125;
  write_sample(path, wrote, 1);
  const StreamReader reader(path);
  CHECK(reader.info().layers[1].channel_steps.empty());
  CHECK(reader.info().layers[2].channel_steps == wrote.layers[2].channel_steps);
  wrote.layers[1].channel_steps = {1, 2, 3, 4, 5};
  write_sample(path, wrote, 1);
  CHECK_THROWS_WITH_AS(StreamReader{path},
                       (path + ": /layers/1@channel_steps: 5 steps; 70000, one for each channel").c_str(),
                       models::InputError);
}

TEST_CASE("changes larger than the payload come as several events of a neuron") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  auto info = sample_info();
  info.outputs = 0;
  models::FrameEvents frame;
  frame.of_layer = {{{0, 1, 1, 32767}, {0, 1, 1, 5}, {1, 1, 1, -32768}, {1, 1, 1, -3}}, {}, {}};
  StreamWriter writer(path, info);
  writer.append(frame);
  writer.finish();
  StreamReader reader(path);
  models::FrameEvents read;
  REQUIRE(reader.next(read));
  CHECK(same(read, frame));
}

TEST_CASE("uncompressed streams hold the largest coordinates and values in their narrow columns") {
  const test::TemporaryFolder folder;
  for (const std::uint32_t extent : {256u, 257u, 65536u, 65537u})
    for (const std::uint32_t bits : {8u, 16u, 17u, 32u}) {
      CAPTURE(extent);
      CAPTURE(bits);
      const std::uint32_t side = extent < 300 ? extent : 3, end = side - 1;
      traces::StreamInfo info = sample_info();
      info.rules.payload_bits = bits;
      info.layers.resize(1);
      info.layers[0].shape = {extent, side, side};
      info.outputs = 0;
      const auto largest = static_cast<std::int32_t>((std::int64_t{1} << (bits - 1)) - 1);
      models::FrameEvents frame;
      frame.of_layer = {{{0, 0, 0, -largest - 1},
                         {extent - 1, static_cast<std::uint16_t>(end), static_cast<std::uint16_t>(end), largest}}};
      StreamWriter writer(folder / "s.h5", info, traces::Compression::none);
      writer.append(frame);
      writer.finish();
      StreamReader reader(folder / "s.h5");
      models::FrameEvents read;
      REQUIRE(reader.next(read));
      CHECK(read.of_layer == frame.of_layer);
      CHECK(!reader.next(read));
    }
}

TEST_CASE("bytes in memory are read as they are, whatever file has the name given for messages") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5", other = folder / "other";
  write_sample(path, sample_info(), 2);
  traces::write_file(other, "not HDF5");
  CHECK(StreamReader::from_bytes(bytes_of(path), other).info().frames == 2);
}

TEST_CASE("a stream without frames is a stream") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  write_sample(path, sample_info(), 0);
  StreamReader reader(path);
  models::FrameEvents frame;
  CHECK(reader.info().frames == 0);
  CHECK_FALSE(reader.next(frame));
}

TEST_CASE("an abandoned stream leaves nothing on disk, an unwritable one says so") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  {
    StreamWriter writer(path, sample_info());
    writer.append(sample_frame(sample_info(), 0));
  }
  CHECK(std::filesystem::is_empty(std::filesystem::path(path).parent_path()));
  const std::string nowhere = folder / "missing/s.h5";
  CHECK_THROWS_WITH_AS(
      StreamWriter(nowhere, sample_info()),
      (nowhere + ": cannot be written (No such file or directory); name a file in a folder that exists "
                 "and is writable")
          .c_str(),
      models::InputError);
}

TEST_CASE("memory does not grow with the stream's length") {
#if defined(__SANITIZE_ADDRESS__) || defined(DELTASIM_CLANG_ASAN)
  MESSAGE("skipped: AddressSanitizer keeps freed memory");
  return;
#endif
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  const auto info = sample_info();
  const auto events = sample_frame(info, 0, 0.5);  // 36 000 events: 430 kB in memory
  std::size_t early = 0;
  {
    StreamWriter writer(path, info);
    for (int i = 0; i < 500; ++i) {
      writer.append(events);
      if (i == 50) early = resident_bytes();
    }
    writer.finish();
  }
  CHECK(resident_bytes() < early + (std::size_t{16} << 20));
  StreamReader reader(path);
  models::FrameEvents frame;
  for (int i = 0; i < 500; ++i) {
    REQUIRE(reader.next(frame));
    if (i == 50) early = resident_bytes();
  }
  CHECK(frame.of_layer == events.of_layer);
  CHECK(resident_bytes() < early + (std::size_t{16} << 20));
}

TEST_CASE("a stream of another network is refused with both names") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  write_sample(path, sample_info(), 1);
  const StreamReader reader(path);
  reader.require_network(sample_info().network_hash, "any name");
  CHECK_THROWS_WITH_AS(
      reader.require_network("99999999-2222-5333-8444-555555555555", "resnet8"),
      (path +
       ": /@network_hash: recorded with another network: 'sample' (11111111-2222-5333-8444-555555555555), this "
       "one is 'resnet8' (99999999-2222-5333-8444-555555555555); replay it with that network, or record it again "
       "with this one")
          .c_str(),
      models::InputError);
}

TEST_CASE("files that are no streams are refused with what they are") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  const auto refused = [&path](const std::string& text) {
    CHECK_THROWS_WITH_AS(StreamReader{path}, (path + text).c_str(), models::InputError);
  };
  refused(": no such file; an event stream that `deltasim record` wrote");
  traces::write_file(path, "not HDF5 at all");
  refused(": byte 0: is not an HDF5 file; a complete file that `deltasim record` wrote");
  write_sample(path, sample_info(), 5);
  const std::string bytes = bytes_of(path);
  traces::write_file(path, bytes.substr(0, bytes.size() / 2));
  refused(": is truncated or damaged: HDF5 cannot open it; a complete file that `deltasim record` wrote");
}

TEST_CASE("files without checksums are refused before HDF5 reads them") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  write_sample(path, sample_info(), 1);
  std::string bytes = bytes_of(path);
  bytes[8] = 0;  // version of the superblock
  const std::string refusal =
      ": byte 8: is an HDF5 file whose metadata has no checksums (format of HDF5 1.6); a file that `deltasim record` "
      "wrote, or one in the format of HDF5 1.10 or later";
  CHECK(message(bytes) == "s.h5" + refusal);
  traces::write_file(path, bytes);
  CHECK_THROWS_WITH_AS(StreamReader{path}, (path + refusal).c_str(), models::InputError);
  CHECK(message(std::string(512, ' ') + bytes) ==
        "s.h5: byte 0: is not an HDF5 file; a complete file that `deltasim record` wrote");
}

TEST_CASE("texts of variable length are refused: their heap has no checksums") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  write_sample(path, sample_info(), 1);
  {
    const traces::H5Object file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const traces::H5Object type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Tset_size(type.id(), H5T_VARIABLE);
    H5Adelete(file.id(), "tool");
    const traces::H5Object text(H5Acreate2(file.id(), "tool", type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
                                H5Aclose);
    const char* value = "another program";
    REQUIRE(H5Awrite(text.id(), type.id(), &value) >= 0);
  }
  CHECK(message(bytes_of(path)) ==
        "s.h5: /@tool: attribute is missing or no text of fixed width; a stream that `deltasim record` wrote");
}

TEST_CASE("a damaged byte is found or harmless, never a crash") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "s.h5";
  auto info = sample_info();
  info.layers[1].shape.channels = 70;
  write_sample(path, info, 6);
  const std::string bytes = bytes_of(path);
  CHECK(message(bytes) == "no error");
  std::mt19937 random(1);
  int found = 0;
  for (int i = 0; i < 400; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<char>(1u << random() % 8);
    found += message(damaged) != "no error";
  }
  CHECK(found > 100);  // the rest hits unused space
  for (std::size_t size = 0; size < bytes.size(); size += bytes.size() / 50)
    CHECK(message(bytes.substr(0, size)).find("s.h5: is truncated or damaged") == 0);
}
