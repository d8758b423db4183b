#pragma once

#include "models/frame.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What the network sees: video, folders of images and .npy arrays as frames of the network's input shape.
namespace deltasim::traces {

enum class Filter : std::uint8_t { area, bilinear, nearest };
enum class Colour : std::uint8_t { rgb, bgr, gray };
enum class Layout : std::uint8_t { automatic, nchw, nhwc };
enum class CropKind : std::uint8_t { none, center, rectangle };
inline constexpr const char* names_of(Filter) { return "area,bilinear,nearest"; }
inline constexpr const char* names_of(Colour) { return "rgb,bgr,gray"; }
inline constexpr const char* names_of(Layout) { return "automatic,nchw,nhwc"; }
inline constexpr const char* names_of(CropKind) { return "none,center,rectangle"; }

struct Size {
  std::uint32_t width = 0, height = 0;
};

struct Crop {
  CropKind kind = CropKind::none;  ///< center: the largest centred part that has the target's proportions
  std::uint32_t x = 0, y = 0, width = 0, height = 0;  ///< rectangle, in pixels of the source
};

/// Order of the steps: select frames, crop, resize, colour, normalise.
struct FrameOptions {
  std::string path;                  ///< video, folder of images (sorted naturally) or .npy
  std::optional<double> frame_rate;  ///< per second, before frame_step; overrides the container's
  /// Video and images are always resized to the network's input; an .npy only where this asks for it.
  std::optional<Size> resize;
  Filter filter = Filter::area;  ///< area: box average where the image shrinks, bilinear where it grows
  Crop crop;
  std::optional<Colour> colour;  ///< absent: gray for networks with one input channel, else rgb (arrays: as stored)
  Layout layout = Layout::automatic;  ///< of .npy arrays; automatic: decided by the network's input shape
  /// value = (pixel - mean) * scale / denominator, in double, pixel in 0..255 (arrays: as stored).
  /// One entry or one per channel of the network's input, in its order; empty = 0 and 1.
  std::vector<double> mean, scale;
  double denominator = 1.0;
  std::uint64_t first_frame = 0;
  std::optional<std::uint64_t> frames;  ///< at most so many are delivered
  std::uint64_t frame_step = 1;         ///< every n-th frame of the source; divides the frame rate
  std::string labels;                  ///< .npy, .csv or .txt: a class index for each frame of the source; empty = none
  std::optional<std::uint32_t> label;  ///< one class index for all frames
};

/// A frame source that knows where its frames come from.
class Frames : public models::FrameSource {
 public:
  /// Frames that next() will deliver in all; absent where the container does not say.
  virtual std::optional<std::uint64_t> frame_count() const = 0;
  /// True where nothing states a rate (arrays, images) and 30 frames per second were assumed.
  virtual bool frame_rate_assumed() const = 0;
  /// For provenance: file name, kind, size of the pictures and of the file in bytes.
  virtual std::string source() const = 0;
};

/// `network_input`: what next() delivers; 0 in it = as the source (height, width) or as the colour says (channels).
/// Errors: InputError for a missing file, a wrong or truncated format, no frames, shapes that do not fit.
std::unique_ptr<Frames> open_frames(const FrameOptions& options, models::Shape network_input);

/// Libraries that decode and resize pictures, with their versions: others may give other pixels.
std::string decoder_version();

}  // namespace deltasim::traces
