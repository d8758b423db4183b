#include "traces/picture_pixels.hpp"

#include "traces/yuv.hpp"

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
}

#include <cstddef>

namespace deltasim::traces {
namespace {

ColourMatrix matrix_of(AVColorSpace space) {
  switch (space) {
    case AVCOL_SPC_BT709:
      return {0.2126, 0.0722};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return {0.2627, 0.0593};
    default:
      return {};  // unstated: BT.601, as players assume for small pictures
  }
}

bool is_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

/// True for formats whose components are whole bytes in memory: all that common codecs deliver.
bool is_byte_format(const AVPixFmtDescriptor& format) {
  const std::uint64_t other = AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL |
                              AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
  if (format.flags & other) return false;
  for (int i = 0; i < format.nb_components; ++i)
    if (format.comp[i].depth != 8 || format.comp[i].shift != 0) return false;
  return true;
}

const std::uint8_t* row_of(const AVFrame& frame, const AVPixFmtDescriptor& format, int component, int y) {
  const AVComponentDescriptor& at = format.comp[component];
  return frame.data[at.plane] + std::ptrdiff_t{y} * frame.linesize[at.plane] + at.offset;
}

void gray_to_rgb(const AVFrame& frame, const AVPixFmtDescriptor& format, std::uint8_t* rgb) {
  const int step = format.comp[0].step;
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = row_of(frame, format, 0, y);
    for (int x = 0; x < frame.width; ++x, rgb += 3) rgb[0] = rgb[1] = rgb[2] = row[x * step];
  }
}

void reorder_rgb(const AVFrame& frame, const AVPixFmtDescriptor& format, std::uint8_t* rgb) {
  for (int y = 0; y < frame.height; ++y, rgb += std::size_t{3} * frame.width)
    for (int c = 0; c < 3; ++c) {
      const std::uint8_t* row = row_of(frame, format, c, y);
      const int step = format.comp[c].step;
      for (int x = 0; x < frame.width; ++x) rgb[3 * x + c] = row[x * step];
    }
}

/// Chroma is repeated, not interpolated: the same on every machine, and what fast players do.
void yuv_to_rgb(const AVFrame& frame, const AVPixFmtDescriptor& format, const YuvToRgb& conversion, std::uint8_t* rgb) {
  const int down = format.log2_chroma_h, across = format.log2_chroma_w;
  const int luma_step = format.comp[0].step, chroma_step = format.comp[1].step;
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* luma = row_of(frame, format, 0, y);
    const std::uint8_t* cb = row_of(frame, format, 1, y >> down);
    const std::uint8_t* cr = row_of(frame, format, 2, y >> down);
    for (int x = 0; x < frame.width; ++x, rgb += 3) {
      const int chroma = (x >> across) * chroma_step;
      conversion.convert(luma[x * luma_step], cb[chroma], cr[chroma], rgb);
    }
  }
}

}  // namespace

bool to_rgb(const AVFrame& frame, const AVPixFmtDescriptor& format, std::uint8_t* rgb) {
  if (!is_byte_format(format)) return false;
  if (format.nb_components < 3)
    gray_to_rgb(frame, format, rgb);
  else if (format.flags & AV_PIX_FMT_FLAG_RGB)
    reorder_rgb(frame, format, rgb);
  else
    yuv_to_rgb(frame, format, YuvToRgb(matrix_of(frame.colorspace), is_full_range(frame)), rgb);
  return true;
}

}  // namespace deltasim::traces
