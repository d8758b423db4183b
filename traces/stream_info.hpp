#pragma once

#include "traces/hdf5_objects.hpp"
#include "traces/stream.hpp"

#include <string>

/// Internal to the event streams: how StreamInfo stands in the file (docs/trace-format.md).
namespace deltasim::traces {

constexpr const char* stream_format = "deltasim event stream";
constexpr std::uint64_t stream_version = 1;

/// False where HDF5 refuses (disk full).
bool write_info(const H5Object& file, const StreamInfo& info);
/// Attributes of `/layers/<index>`.
bool write_layer(const H5Object& group, const StreamInfo& info, std::size_t layer);

/// Everything but the events, checked. Errors: InputError naming the attribute.
StreamInfo read_info(const H5Object& file, const std::string& name);

/// Path of a layer's group, or of a data set in it.
std::string layer_path(std::size_t layer, const char* dataset = nullptr);

}  // namespace deltasim::traces
