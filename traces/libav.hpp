#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

/// FFmpeg's functions, from its shared libraries when the first picture is read and not when the program starts: they
/// bring 130 further libraries, three quarters of the time that a start would take. Private to traces.
namespace deltasim::traces {

#define DELTASIM_AVUTIL(use)                                                                         \
  use(av_dict_free) use(av_dict_set) use(av_frame_alloc) use(av_frame_free) use(av_get_pix_fmt_name) \
      use(av_log_format_line2) use(av_log_set_callback) use(av_pix_fmt_desc_get) use(av_strerror)
#define DELTASIM_AVCODEC(use)                                                                                         \
  use(av_packet_alloc) use(av_packet_free) use(av_packet_unref) use(avcodec_alloc_context3) use(avcodec_find_decoder) \
      use(avcodec_free_context) use(avcodec_get_name) use(avcodec_open2) use(avcodec_parameters_to_context)           \
          use(avcodec_receive_frame) use(avcodec_send_packet) use(avcodec_version)
#define DELTASIM_AVFORMAT(use)                                                                   \
  use(av_find_best_stream) use(av_guess_frame_rate) use(av_read_frame) use(avformat_close_input) \
      use(avformat_find_stream_info) use(avformat_open_input) use(avformat_version)
#define DELTASIM_SWSCALE(use) use(sws_freeContext) use(sws_getCachedContext) use(sws_scale) use(swscale_version)
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define DELTASIM_POINTER(name) decltype(&::name) name = nullptr;

struct LibAv {
  DELTASIM_AVUTIL(DELTASIM_POINTER)
  DELTASIM_AVCODEC(DELTASIM_POINTER)
  DELTASIM_AVFORMAT(DELTASIM_POINTER)
  DELTASIM_SWSCALE(DELTASIM_POINTER)
};

/// Loads them at the first call. Errors: std::runtime_error where a library is not installed.
const LibAv& libav();

}  // namespace deltasim::traces
