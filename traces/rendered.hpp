#pragma once

#include "models/frame.hpp"
#include "traces/procedural.hpp"

#include <memory>
#include <vector>

/// Clips that the project renders itself: input for the default example, for training sets, tests and benchmarks.
namespace deltasim::traces {

struct RenderOptions {
  std::uint32_t width = 96;
  std::uint32_t height = 96;
  std::uint32_t frames = 32;
  std::uint32_t scene_frames = 0;
  ObjectClass object = ObjectClass::any;
  std::uint32_t objects = 2;
  double speed = 1.5;
  double noise = 1.0;
  double camera_motion = 0.0;
  double frame_rate = 30.0;
  std::uint64_t seed = 1;
  bool labels = true;
};

template <class Archive>
void describe(Archive& a, RenderOptions& o) {
  a.field("width", o.width, 16u, 4096u, "pixels");
  a.field("height", o.height, 16u, 4096u, "pixels");
  a.field("frames", o.frames, 1u, 1000000u, "length of the clip");
  a.field("scene_frames", o.scene_frames, 0u, 1000000u, "frames until the next cut to another scene; 0 = no cuts");
  a.choice("object", o.object, "class of the main object; any: chosen by the seed");
  a.field("objects", o.objects, 1u, 64u, "one large object, the clip's class, and small ones of other classes");
  a.field("speed", o.speed, 0.0, 64.0, "largest speed of the objects in pixels per frame; 0 = they rest");
  a.field("noise", o.noise, 0.0, 64.0,
          "sensor noise: standard deviation in grey levels, fresh in every pixel and frame");
  a.field("camera_motion", o.camera_motion, 0.0, 64.0, "speed of the background in pixels per frame; 0 = still camera");
  a.field("frame_rate", o.frame_rate, 0.001, 100000.0, "frames per second");
  a.field("seed", o.seed, std::uint64_t{0}, ~std::uint64_t{0}, "another seed is another clip");
  a.field("labels", o.labels, "every frame carries the class of its main object");
}

/// Textured objects that move smoothly over a textured background, seen through a noisy 8-bit colour camera. The same
/// options give the same bytes on every machine. The camera of a panning clip follows the objects: the background
/// passes behind them, and everything shakes by a quarter of the camera's speed.
class RenderedClip final : public models::FrameSource {
 public:
  explicit RenderedClip(const RenderOptions& options);
  ~RenderedClip() override;
  bool next(models::Frame& out) override;
  void rewind() override { frame_ = 0; }
  models::Shape shape() const override { return {3, options_.height, options_.width}; }
  double frame_rate() const override { return options_.frame_rate; }
  ObjectClass object() const;  ///< of the main object of the scene last shown; never `any`

 private:
  class Scene;
  void show(std::uint32_t scene);

  RenderOptions options_;
  std::unique_ptr<const Scene> scene_;
  std::uint32_t scene_number_ = 0;
  std::uint32_t frame_ = 0;
};

/// One labelled clip of a training set: `options` with this seed and this main object.
std::vector<models::Frame> render_clip(RenderOptions options, std::uint64_t seed, ObjectClass object);

}  // namespace deltasim::traces
