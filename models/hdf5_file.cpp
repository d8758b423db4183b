#include "models/hdf5_file.hpp"

#include "models/error.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <cstring>
#include <filesystem>
#include <utility>

namespace deltasim::models {
namespace {

/// A damaged header can claim any size. Deflate, HDF5's usual compression, never shrinks data by more than this.
constexpr std::uint64_t largest_compression = 1032;
constexpr std::size_t longest_text = std::size_t{1} << 16;

/// HDF5 prints its error stack unless told otherwise; errors are reported by exceptions here.
class Silence {
 public:
  Silence() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &target_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Silence() { H5Eset_auto2(H5E_DEFAULT, print_, target_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* target_ = nullptr;
};

}  // namespace

/// Any HDF5 object, released with the function that fits it.
class Hdf5File::Handle {
 public:
  Handle(hid_t id, herr_t (*release)(hid_t)) : id_(id), release_(release) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), release_(other.release_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) release_(id_);
  }
  hid_t id() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*release_)(hid_t);
};

void Hdf5File::fail(const std::string& place, const std::string& problem, const std::string& remedy) const {
  throw InputError(path_, place, problem, remedy);
}

Hdf5File::Hdf5File(const std::string& path) : path_(path) {
  const Silence silence;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) fail("", "no such file", "expected a readable HDF5 file");
  if (H5Fis_hdf5(path.c_str()) <= 0) fail("byte 0", "not an HDF5 file", "expected the HDF5 signature");
  file_ = std::make_unique<Handle>(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file_->valid())
    fail("", fmt::format("cannot be opened as HDF5: cut off or damaged ({} bytes)", std::filesystem::file_size(path)),
         "expected a complete file");
}

Hdf5File::~Hdf5File() = default;

bool Hdf5File::exists(const std::string& name) const {
  const Silence silence;
  // H5Lexists wants every group on the way to exist.
  for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    const std::string part = name.substr(0, end);
    if (H5Lexists(file_->id(), part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

std::vector<std::string> Hdf5File::members(const std::string& group) const {
  const Silence silence;
  const Handle opened(H5Gopen2(file_->id(), group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!opened.valid()) fail(group, "missing or not a group", "expected a group of that name");
  H5G_info_t info{};
  H5Gget_info(opened.id(), &info);
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const ssize_t length = H5Lget_name_by_idx(opened.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0) fail(group, "damaged group", "expected a complete file");
    std::string name(static_cast<std::size_t>(length) + 1, '\0');  // room for the terminating zero
    H5Lget_name_by_idx(opened.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
    name.pop_back();
    names.push_back(std::move(name));
  }
  return names;
}

Hdf5File::Handle Hdf5File::open_dataset(const std::string& name) const {
  if (!exists(name)) fail(name, "data set is missing", "expected a data set of that name");
  Handle dataset(H5Dopen2(file_->id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.valid()) fail(name, "not a data set, or damaged", "expected a data set of that name");
  return dataset;
}

std::vector<std::uint64_t> Hdf5File::extents(const std::string& dataset) const {
  const Silence silence;
  const Handle opened = open_dataset(dataset);
  const Handle space(H5Dget_space(opened.id()), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 0) fail(dataset, "damaged data set", "expected a complete file");
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

std::vector<double> Hdf5File::numbers(const std::string& dataset) const {
  const Silence silence;
  const std::uint64_t most = std::filesystem::file_size(path_) * largest_compression;
  std::uint64_t count = 1;
  for (const std::uint64_t extent : extents(dataset)) {
    if (extent != 0 && count > most / extent)
      fail(dataset, "claims more values than its file can hold", "expected a complete file");
    count *= extent;
  }
  const Handle opened = open_dataset(dataset);
  const Handle type(H5Dget_type(opened.id()), H5Tclose);
  std::vector<double> values(count);
  herr_t status = -1;
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind == H5T_ENUM && H5Tget_size(type.id()) == 1) {  // h5py stores booleans as a one-byte enumeration
    std::vector<std::int8_t> raw(count);
    status = H5Dread(opened.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data());
    values.assign(raw.begin(), raw.end());
  } else if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
    status = H5Dread(opened.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  } else {
    fail(dataset, "is not numeric", "expected integers or floating-point numbers");
  }
  if (status < 0) fail(dataset, "cannot be read: damaged or cut off", "expected a complete file");
  return values;
}

std::string Hdf5File::text(const std::string& dataset) const {
  const Silence silence;
  const Handle opened = open_dataset(dataset);
  const Handle type(H5Dget_type(opened.id()), H5Tclose);
  const Handle space(H5Dget_space(opened.id()), H5Sclose);
  if (H5Tget_class(type.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1)
    fail(dataset, "is not one text", "expected a string");
  if (H5Tis_variable_str(type.id()) > 0) {
    char* raw = nullptr;
    if (H5Dread(opened.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &raw) < 0 || raw == nullptr)
      fail(dataset, "cannot be read: damaged or cut off", "expected a complete file");
    std::string value(raw);
    H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, &raw);
    return value;
  }
  if (H5Tget_size(type.id()) > longest_text)
    fail(dataset, fmt::format("a text of {} bytes", H5Tget_size(type.id())), "expected a complete file");
  std::string value(H5Tget_size(type.id()), '\0');
  if (H5Dread(opened.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()) < 0)
    fail(dataset, "cannot be read: damaged or cut off", "expected a complete file");
  value.resize(std::strlen(value.c_str()));
  return value;
}

}  // namespace deltasim::models
