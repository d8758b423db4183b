#include "traces/hdf5_objects.hpp"

namespace deltasim::traces {

namespace {

/// A damaged header can claim any size.
constexpr std::size_t largest_attribute = std::size_t{1} << 22;

bool write_values(const H5Object& object, const char* name, const H5Object& type, const H5Object& space,
                  const void* values) {
  const H5Object attribute(H5Acreate2(object.id(), name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  return attribute.valid() && H5Awrite(attribute.id(), type.id(), values) >= 0;
}

H5Object open_attribute(const H5Object& object, const char* name) {
  if (H5Aexists(object.id(), name) <= 0) return {};
  return {H5Aopen(object.id(), name, H5P_DEFAULT), H5Aclose};
}

/// Number of elements of a scalar or 1-D attribute; absent for anything else.
std::optional<std::size_t> length_of(const H5Object& attribute) {
  const H5Object space(H5Aget_space(attribute.id()), H5Sclose);
  const int rank = space.valid() ? H5Sget_simple_extent_ndims(space.id()) : -1;
  const hssize_t points = rank == 0 || rank == 1 ? H5Sget_simple_extent_npoints(space.id()) : -1;
  if (points < 0 || static_cast<std::size_t>(points) > largest_attribute / sizeof(double)) return std::nullopt;
  return static_cast<std::size_t>(points);
}

bool has_class(const H5Object& attribute, H5T_class_t wanted) {
  const H5Object type(H5Aget_type(attribute.id()), H5Tclose);
  return type.valid() && H5Tget_class(type.id()) == wanted;
}

}  // namespace

bool write_attribute(const H5Object& object, const char* name, const std::string& text) {
  const H5Object type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
  H5Tset_size(type.id(), text.size() + 1);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return write_values(object, name, type, space, text.c_str());
}

bool write_attribute(const H5Object& object, const char* name, std::uint64_t value) {
  const H5Object type(H5Tcopy(H5T_STD_U64LE), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
  return write_values(object, name, type, space, &value);
}

bool write_attribute(const H5Object& object, const char* name, double value) {
  const H5Object type(H5Tcopy(H5T_IEEE_F64LE), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
  return write_values(object, name, type, space, &value);
}

bool write_attribute(const H5Object& object, const char* name, const std::vector<double>& values) {
  const hsize_t size = values.size();
  const H5Object type(H5Tcopy(H5T_IEEE_F64LE), H5Tclose), space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  return write_values(object, name, type, space, values.data());
}

std::optional<std::string> read_text(const H5Object& object, const char* name) {
  const H5Object attribute = open_attribute(object, name);
  if (!attribute.valid() || length_of(attribute) != std::size_t{1} || !has_class(attribute, H5T_STRING))
    return std::nullopt;
  const H5Object type(H5Aget_type(attribute.id()), H5Tclose);
  // Texts of variable length lie in HDF5's only heap without checksums; the library follows damaged ones anywhere.
  if (H5Tis_variable_str(type.id()) != 0) return std::nullopt;
  const std::size_t size = H5Tget_size(type.id());
  if (size == 0 || size > largest_attribute) return std::nullopt;
  std::string text(size, '\0');
  if (H5Aread(attribute.id(), type.id(), text.data()) < 0) return std::nullopt;
  return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> read_unsigned(const H5Object& object, const char* name) {
  const H5Object attribute = open_attribute(object, name);
  std::uint64_t value = 0;
  if (!attribute.valid() || length_of(attribute) != std::size_t{1} || !has_class(attribute, H5T_INTEGER) ||
      H5Aread(attribute.id(), H5T_NATIVE_UINT64, &value) < 0)
    return std::nullopt;
  return value;
}

std::optional<std::vector<double>> read_doubles(const H5Object& object, const char* name) {
  const H5Object attribute = open_attribute(object, name);
  if (!attribute.valid() || !(has_class(attribute, H5T_FLOAT) || has_class(attribute, H5T_INTEGER)))
    return std::nullopt;
  const auto length = length_of(attribute);
  if (!length) return std::nullopt;
  std::vector<double> values(*length);
  if (*length > 0 && H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, values.data()) < 0) return std::nullopt;
  return values;
}

}  // namespace deltasim::traces
