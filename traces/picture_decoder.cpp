#include "traces/picture_decoder.hpp"

#include "models/error.hpp"
#include "traces/frames.hpp"
#include "traces/libav.hpp"
#include "traces/picture_pixels.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

namespace deltasim::traces {

using models::InputError;

namespace {

/// libav* says on its log, not in its return codes, what is wrong with a file. The last complaint is kept here.
thread_local std::string last_complaint;

void keep_complaint(void* context, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[256];
  int fresh_line = 0;
  libav().av_log_format_line2(context, level, format, arguments, line, sizeof line, &fresh_line);
  last_complaint = line;
  while (!last_complaint.empty() && last_complaint.back() == '\n') last_complaint.pop_back();
  const auto prefix = last_complaint.find("] ");  // "[mov @ 0x55d0c8] " differs from run to run
  if (prefix != std::string::npos) last_complaint.erase(0, prefix + 2);
}

std::string reason(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  libav().av_strerror(error, text, sizeof text);
  if (last_complaint.empty()) return text;
  return fmt::format("{}: {}", text, last_complaint);
}

struct Release {
  void operator()(AVFormatContext* context) const { libav().avformat_close_input(&context); }
  void operator()(AVCodecContext* context) const { libav().avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { libav().av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { libav().av_packet_free(&packet); }
  void operator()(SwsContext* context) const { libav().sws_freeContext(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

}  // namespace

class PictureDecoder::File {
 public:
  explicit File(const std::string& path)
      : path_(path), frame_(libav().av_frame_alloc()), packet_(libav().av_packet_alloc()) {
    libav().av_log_set_callback(keep_complaint);
    last_complaint.clear();
    open_container();
    open_codec();
  }

  /// The next decoded picture is in frame_.
  bool decode() {
    for (;;) {
      const int got = libav().avcodec_receive_frame(codec_.get(), frame_.get());
      if (got >= 0) {
        if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) fail_damaged("damaged");
        ++decoded_;
        return true;
      }
      if (got == AVERROR_EOF) {
        require_complete();
        return false;
      }
      if (got != AVERROR(EAGAIN)) fail_damaged(reason(got));
      feed();
    }
  }

  void convert(Raster& out) {
    if (frame_->width <= 0 || frame_->height <= 0) fail_damaged("damaged");
    out.width = static_cast<std::uint32_t>(frame_->width);
    out.height = static_cast<std::uint32_t>(frame_->height);
    out.channels = 3;
    out.reals.clear();
    out.bytes.resize(out.size());
    const AVPixFmtDescriptor* format = libav().av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame_->format));
    if (format == nullptr) fail_damaged("unknown pixel format");
    if (!to_rgb(*frame_, *format, out.bytes.data())) convert_by_swscale(out);
  }

  const AVStream& stream() const { return *stream_; }
  bool still() const { return still_; }
  AVFormatContext* container() const { return container_.get(); }
  const AVCodecContext& codec() const { return *codec_; }

 private:
  void open_container() {
    // "file:" keeps names with a colon from being taken for a protocol; the whitelist keeps playlists from the network.
    AVDictionary* settings = nullptr;
    libav().av_dict_set(&settings, "protocol_whitelist", "file", 0);
    AVFormatContext* context = nullptr;
    const int opened = libav().avformat_open_input(&context, ("file:" + path_).c_str(), nullptr, &settings);
    libav().av_dict_free(&settings);
    if (opened < 0)
      throw InputError(path_, "", fmt::format("is not a video or image, or is truncated ({})", reason(opened)),
                       "a complete file in a format that FFmpeg reads");
    container_.reset(context);
    const int found = libav().avformat_find_stream_info(context, nullptr);
    const int index = found < 0 ? found : libav().av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (index < 0)
      throw InputError(path_, "", fmt::format("holds no pictures ({})", reason(index)), "a file with a video stream");
    stream_ = context->streams[index];
    for (unsigned i = 0; i < context->nb_streams; ++i)
      if (context->streams[i] != stream_) context->streams[i]->discard = AVDISCARD_ALL;
    const std::string_view name = context->iformat->name;
    still_ = name.find("_pipe") != std::string_view::npos || name.substr(0, 6) == "image2";
  }

  void open_codec() {
    const AVCodec* decoder = libav().avcodec_find_decoder(stream_->codecpar->codec_id);
    if (decoder == nullptr)
      throw InputError(
          path_, "", fmt::format("codec {} has no decoder here", libav().avcodec_get_name(stream_->codecpar->codec_id)),
          "a codec that the installed FFmpeg reads");
    codec_.reset(libav().avcodec_alloc_context3(decoder));
    int status = libav().avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
    codec_->thread_count = 1;  // sweeps run a process per core
    codec_->pkt_timebase = stream_->time_base;
    if (status >= 0) status = libav().avcodec_open2(codec_.get(), decoder, nullptr);
    if (status < 0)
      throw InputError(path_, "", fmt::format("cannot be decoded ({})", reason(status)), "a complete video");
  }

  /// Gives the decoder its next packet, or the end.
  void feed() {
    for (;;) {
      const int got = libav().av_read_frame(container_.get(), packet_.get());
      if (got == AVERROR_EOF) {
        libav().avcodec_send_packet(codec_.get(), nullptr);
        return;
      }
      if (got < 0) fail_damaged(reason(got));
      const bool wanted = packet_->stream_index == stream_->index;
      if (wanted) {
        ++packets_;
        position_ = packet_->pos;
        time_ = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
      }
      const bool corrupt = wanted && (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
      const bool empty = packet_->size == 0;  // AVI: the picture before is repeated; a decoder takes it for the end
      const int sent = wanted && !corrupt && !empty ? libav().avcodec_send_packet(codec_.get(), packet_.get()) : 0;
      libav().av_packet_unref(packet_.get());
      if (corrupt) fail_damaged("truncated or damaged");
      if (sent < 0) fail_damaged(reason(sent));
      if (wanted && !empty) return;
    }
  }

  void require_complete() const {
    if (stream_->nb_frames <= 0 || packets_ >= static_cast<std::uint64_t>(stream_->nb_frames)) return;
    throw InputError(
        path_, fmt::format("frame {}", decoded_),
        fmt::format("is truncated: its header promises {} frames, {} are there", stream_->nb_frames, packets_),
        "a complete video, or a `frames` limit below that");
  }

  [[noreturn]] void fail_damaged(const std::string& what) const {
    std::string place = fmt::format("frame {}", decoded_);
    if (time_ != AV_NOPTS_VALUE)
      place += fmt::format(" ({:.3f} s", static_cast<double>(time_) * av_q2d(stream_->time_base));
    if (position_ >= 0) place += fmt::format("{}byte {}", time_ != AV_NOPTS_VALUE ? ", " : " (", position_);
    if (time_ != AV_NOPTS_VALUE || position_ >= 0) place += ")";
    throw InputError(path_, place, "cannot be decoded: " + what, "a complete, undamaged file");
  }

  /// For rare formats (palettes, more than 8 bits): swscale's last bits may differ between its versions.
  void convert_by_swscale(Raster& out) {
    const auto format = static_cast<AVPixelFormat>(frame_->format);
    scaler_.reset(libav().sws_getCachedContext(
        scaler_.release(), frame_->width, frame_->height, format, frame_->width, frame_->height, AV_PIX_FMT_RGB24,
        SWS_POINT | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr));
    if (!scaler_) fail_damaged(fmt::format("pixel format {} is not supported", libav().av_get_pix_fmt_name(format)));
    const int line = 3 * frame_->width;
    // swscale writes whole vectors: lines need room behind them.
    padded_.resize(static_cast<std::size_t>(line + 64) * frame_->height);
    std::uint8_t* planes[4] = {padded_.data(), nullptr, nullptr, nullptr};
    const int strides[4] = {line + 64, 0, 0, 0};
    libav().sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, frame_->height, planes, strides);
    for (int y = 0; y < frame_->height; ++y)
      std::memcpy(out.bytes.data() + std::size_t(y) * line, padded_.data() + std::size_t(y) * strides[0], line);
  }

  std::string path_;
  Owned<AVFormatContext> container_;
  Owned<AVCodecContext> codec_;
  Owned<AVFrame> frame_;
  Owned<AVPacket> packet_;
  Owned<SwsContext> scaler_;
  AVStream* stream_ = nullptr;
  bool still_ = false;
  std::uint64_t decoded_ = 0, packets_ = 0;
  std::int64_t position_ = -1, time_ = AV_NOPTS_VALUE;
  std::vector<std::uint8_t> padded_;
};

PictureDecoder::PictureDecoder(const std::string& path) : file_(std::make_unique<File>(path)) {}
PictureDecoder::~PictureDecoder() = default;

bool PictureDecoder::next(Raster& out) {
  if (!file_->decode()) return false;
  file_->convert(out);
  return true;
}

bool PictureDecoder::skip() { return file_->decode(); }

std::optional<std::uint64_t> PictureDecoder::count() const {
  if (file_->stream().nb_frames > 0) return static_cast<std::uint64_t>(file_->stream().nb_frames);
  return std::nullopt;
}

std::optional<double> PictureDecoder::frame_rate() const {
  if (file_->still()) return std::nullopt;
  AVStream* stream = const_cast<AVStream*>(&file_->stream());  // libav's getter is not const-correct
  const AVRational rate = libav().av_guess_frame_rate(file_->container(), stream, nullptr);
  if (rate.num <= 0 || rate.den <= 0) return std::nullopt;
  return av_q2d(rate);
}

std::string PictureDecoder::codec() const { return libav().avcodec_get_name(file_->codec().codec_id); }
std::uint32_t PictureDecoder::width() const { return static_cast<std::uint32_t>(file_->codec().width); }
std::uint32_t PictureDecoder::height() const { return static_cast<std::uint32_t>(file_->codec().height); }

std::string decoder_version() {
  const auto text = [](const char* name, unsigned v) {
    return fmt::format("{} {}.{}.{}", name, v >> 16, v >> 8 & 0xff, v & 0xff);
  };
  return text("libavcodec", libav().avcodec_version()) + ", " + text("libavformat", libav().avformat_version()) + ", " +
         text("libswscale", libav().swscale_version());
}

}  // namespace deltasim::traces
