#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Internal to the event streams: HDF5's handles, attributes and silence.
namespace deltasim::traces {

/// HDF5 prints its error stack unless told otherwise; what matters of it is reported by exceptions.
class QuietHdf5 {
 public:
  QuietHdf5() {
    H5dont_atexit();  // after damaged files HDF5 complains on stderr that it cannot tidy up; all files are closed here
    H5Eget_auto2(H5E_DEFAULT, &print_, &target_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietHdf5() { H5Eset_auto2(H5E_DEFAULT, print_, target_); }
  QuietHdf5(const QuietHdf5&) = delete;
  QuietHdf5& operator=(const QuietHdf5&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* target_ = nullptr;
};

/// Any HDF5 object with the function that releases it.
class H5Object {
 public:
  H5Object() = default;
  H5Object(hid_t id, herr_t (*release)(hid_t)) : id_(id), release_(release) {}
  H5Object(H5Object&& other) noexcept : id_(std::exchange(other.id_, -1)), release_(other.release_) {}
  H5Object& operator=(H5Object&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(release_, other.release_);
    return *this;
  }
  H5Object(const H5Object&) = delete;
  H5Object& operator=(const H5Object&) = delete;
  ~H5Object() { close(); }

  hid_t id() const { return id_; }
  bool valid() const { return id_ >= 0; }
  /// False where pending data could not be written.
  bool close() {
    const hid_t id = std::exchange(id_, -1);
    return id < 0 || release_(id) >= 0;
  }

 private:
  hid_t id_ = -1;
  herr_t (*release_)(hid_t) = nullptr;
};

/// How values are converted between file and memory: in a small buffer of our own, since HDF5 clears a megabyte each
/// time.
class Transfer {
 public:
  Transfer() : buffer_(new char[bytes]), list_(H5Pcreate(H5P_DATASET_XFER), H5Pclose) {
    H5Pset_buffer(list_.id(), bytes, buffer_.get(), nullptr);
  }
  hid_t id() const { return list_.id(); }

 private:
  static constexpr std::size_t bytes = 1 << 16;
  std::unique_ptr<char[]> buffer_;
  H5Object list_;
};

/// Attributes are written as little-endian scalars, 1-D arrays and fixed-width UTF-8 texts: h5py and MATLAB read them
/// without help. False where HDF5 refuses.
bool write_attribute(const H5Object& object, const char* name, const std::string& text);
bool write_attribute(const H5Object& object, const char* name, std::uint64_t value);
bool write_attribute(const H5Object& object, const char* name, double value);
bool write_attribute(const H5Object& object, const char* name, const std::vector<double>& values);

/// Absent where the attribute is missing or of another kind.
std::optional<std::string> read_text(const H5Object& object, const char* name);
std::optional<std::uint64_t> read_unsigned(const H5Object& object, const char* name);
std::optional<std::vector<double>> read_doubles(const H5Object& object, const char* name);

}  // namespace deltasim::traces
