#include "tests/traces/film.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <stdexcept>

namespace deltasim::test {

namespace {

void require(bool good) {
  if (!good) throw std::runtime_error("libav cannot write the film");
}

class Film {
 public:
  Film(const std::string& path, const char* name, int width, int height, AVRational rate) {
    require(avformat_alloc_output_context2(&container_, nullptr, nullptr, path.c_str()) >= 0);
    const AVCodec* encoder = avcodec_find_encoder_by_name(name);
    require(encoder != nullptr);
    stream_ = avformat_new_stream(container_, nullptr);
    codec_ = avcodec_alloc_context3(encoder);
    codec_->width = width;
    codec_->height = height;
    codec_->pix_fmt = encoder->id == AV_CODEC_ID_MJPEG ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    codec_->time_base = av_inv_q(rate);
    codec_->framerate = rate;
    codec_->gop_size = 12;
    codec_->flags |= AV_CODEC_FLAG_BITEXACT;
    if (container_->oformat->flags & AVFMT_GLOBALHEADER) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    require(avcodec_open2(codec_, encoder, nullptr) >= 0);
    stream_->time_base = codec_->time_base;
    stream_->avg_frame_rate = rate;
    require(avcodec_parameters_from_context(stream_->codecpar, codec_) >= 0);
    require(avio_open(&container_->pb, path.c_str(), AVIO_FLAG_WRITE) >= 0);
    require(avformat_write_header(container_, nullptr) >= 0);
    frame_ = av_frame_alloc();
    frame_->width = width;
    frame_->height = height;
    frame_->format = codec_->pix_fmt;
    require(av_frame_get_buffer(frame_, 0) >= 0);
    packet_ = av_packet_alloc();
  }

  ~Film() {
    av_packet_free(&packet_);
    av_frame_free(&frame_);
    avcodec_free_context(&codec_);
    avio_closep(&container_->pb);
    avformat_free_context(container_);
  }

  void draw(int number) {
    require(av_frame_make_writable(frame_) >= 0);
    frame_->pts = number;
    for (int y = 0; y < frame_->height; ++y)
      for (int x = 0; x < frame_->width; ++x) frame_->data[0][y * frame_->linesize[0] + x] = film_luma(number, x, y);
    for (int plane = 1; plane < 3; ++plane)
      for (int y = 0; y < frame_->height / 2; ++y)
        for (int x = 0; x < frame_->width / 2; ++x) frame_->data[plane][y * frame_->linesize[plane] + x] = 128;
    encode(frame_);
  }

  void finish() {
    encode(nullptr);
    require(av_write_trailer(container_) >= 0);
  }

 private:
  void encode(AVFrame* frame) {
    require(avcodec_send_frame(codec_, frame) >= 0);
    while (avcodec_receive_packet(codec_, packet_) >= 0) {
      packet_->duration = 1;
      av_packet_rescale_ts(packet_, codec_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      require(av_interleaved_write_frame(container_, packet_) >= 0);
    }
  }

  AVFormatContext* container_ = nullptr;
  AVStream* stream_ = nullptr;
  AVCodecContext* codec_ = nullptr;
  AVFrame* frame_ = nullptr;
  AVPacket* packet_ = nullptr;
};

}  // namespace

std::uint8_t film_luma(int frame, int x, int y) {
  const bool square = x >= frame && x < frame + 8 && y >= 4 && y < 12;
  return static_cast<std::uint8_t>(square ? 200 : 40 + x + y);
}

void write_film(const std::string& path, const char* codec, int width, int height, int frames, int rate_numerator,
                int rate_denominator) {
  Film film(path, codec, width, height, {rate_numerator, rate_denominator});
  for (int i = 0; i < frames; ++i) film.draw(i);
  film.finish();
}

}  // namespace deltasim::test
