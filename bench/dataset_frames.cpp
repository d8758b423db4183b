#include "models/error.hpp"
#include "traces/actions.hpp"
#include "traces/npy.hpp"

#include <cstdio>
#include <string>

using namespace deltasim;

namespace {

constexpr std::uint32_t clips_of_class = 7, frames_of_clip = 14;

/// Frames of the rendered benchmark for bench/dataset.py: `clips.npy` (class, clip, C, H, W), one frame of each, and
/// `films.npy` (class, frame, C, H, W), neighbouring frames of one clip; `moving.npy`: whose cameras move.
void write_frames(const std::string& folder) {
  const traces::ActionOptions options;
  const auto classes = static_cast<std::uint32_t>(traces::action_classes(options.classes).size());
  const traces::RenderedActions clips(options, traces::Split::test, classes * clips_of_class);
  const std::uint64_t size = clips.shape().size(), height = options.height, width = options.width;
  std::vector<std::uint8_t> stills(classes * clips_of_class * size), films(classes * frames_of_clip * size), moving;
  for (std::uint32_t label = 0; label < classes; ++label) {
    for (std::uint32_t i = 0; i < clips_of_class; ++i) {
      clips.read(label + classes * i, 16, 1, stills.data() + (label * clips_of_class + i) * size);
      moving.push_back(clips.attributes(label + classes * i).moving_camera);
    }
    clips.read(label + 3 * classes, 0, frames_of_clip, films.data() + label * frames_of_clip * size);
  }
  traces::write_npy(folder + "/clips.npy", stills, {classes, clips_of_class, 3, height, width});
  traces::write_npy(folder + "/films.npy", films, {classes, frames_of_clip, 3, height, width});
  traces::write_npy(folder + "/moving.npy", moving, {classes, clips_of_class});
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fputs("dataset_frames FOLDER\n", stderr);
    return 2;
  }
  write_frames(arguments[1]);
} catch (const models::InputError& error) {
  std::fprintf(stderr, "dataset_frames: %s\n", error.what());
  return 2;
}
