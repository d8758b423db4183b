#pragma once

#include "traces/raster.hpp"

#include <memory>
#include <optional>
#include <string>

namespace deltasim::traces {

/// Decodes a video or an image file to 8-bit RGB pictures, one after another (libav*).
/// Alpha and rotation flags are ignored. Damage is an InputError naming frame, time and byte, never a guessed picture.
class PictureDecoder {
 public:
  explicit PictureDecoder(const std::string& path);
  ~PictureDecoder();

  bool next(Raster& out);
  bool skip();
  std::optional<std::uint64_t> count() const;  ///< as the container states it
  std::optional<double> frame_rate() const;
  std::string codec() const;
  std::uint32_t width() const;
  std::uint32_t height() const;

 private:
  class File;
  std::unique_ptr<File> file_;
};

}  // namespace deltasim::traces
