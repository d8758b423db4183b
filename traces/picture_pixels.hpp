#pragma once

#include <cstdint>

struct AVFrame;
struct AVPixFmtDescriptor;

namespace deltasim::traces {

/// A decoded picture as 8-bit RGB, the same on every machine and with every version of libav*. False, and nothing
/// written, where components are not whole bytes in memory: rare formats, left to swscale.
bool to_rgb(const AVFrame& frame, const AVPixFmtDescriptor& format, std::uint8_t* rgb);

}  // namespace deltasim::traces
