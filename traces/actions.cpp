#include "traces/actions.hpp"

#include "models/error.hpp"
#include "traces/actions_scene.hpp"

#include <fmt/format.h>

#include <cstring>
#include <mutex>

namespace deltasim::traces {
namespace {

void require(const ActionOptions& options, std::uint32_t first, std::uint32_t clips) {
  const auto fail = [](const char* place, const std::string& problem, const std::string& remedy) {
    throw models::InputError("rendered actions", place, problem, remedy);
  };
  if (options.least_noise > options.most_noise)
    fail("least_noise", fmt::format("is {}", options.least_noise),
         fmt::format("at most {} (most_noise)", options.most_noise));
  if (clips == 0) fail("clips", "is 0", "1 or more");
  if (first > ~clips) fail("first_clip", fmt::format("is {}", first), fmt::format("at most {}", ~clips));
}

}  // namespace

const std::vector<std::string>& action_classes(ActionClasses classes) {
  static const std::vector<std::string> appearance = {"disc",    "ring",     "square",   "triangle",
                                                      "cross",   "star",     "crescent", "hourglass",
                                                      "stripes", "chequers", "target",   "twins"};
  static const std::vector<std::string> motion = {"sway", "bounce", "spin", "pulse"};
  static const std::vector<std::string> all = [] {
    auto both = appearance;
    both.insert(both.end(), motion.begin(), motion.end());
    return both;
  }();
  if (classes == ActionClasses::appearance) return appearance;
  return classes == ActionClasses::motion ? motion : all;
}

/// Whole clips; the first come, the first served: a training set is read in a new order every epoch, so that nothing
/// is gained by throwing one clip out for another.
class RenderedActions::Memory {
 public:
  Memory(std::size_t clips, std::uint64_t limit) : clips_(clips), limit_(limit) {}

  std::shared_ptr<const std::vector<std::uint8_t>> find(std::size_t clip) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return clips_[clip];
  }
  bool has_room_for(std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return used_ + bytes <= limit_;
  }
  void keep(std::size_t clip, std::shared_ptr<const std::vector<std::uint8_t>> frames) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (clips_[clip] || used_ + frames->size() > limit_) return;
    used_ += frames->size();
    clips_[clip] = std::move(frames);
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<const std::vector<std::uint8_t>>> clips_;
  std::uint64_t used_ = 0, limit_;
};

RenderedActions::RenderedActions(const ActionOptions& options, Split split, std::uint32_t clips,
                                 std::uint64_t memory_limit)
    : options_(options), split_(split), memory_(std::make_unique<Memory>(clips, memory_limit)) {
  require(options, 0, clips);
  for (std::uint32_t i = 0; i < clips; ++i) {
    attributes_.push_back(plan_clip(options, split, i).attributes);
    infos_.push_back({fmt::format("rendered {} clip {} ({})", split == Split::train ? "training" : "test", i,
                                  classes()[attributes_[i].label]),
                      attributes_[i].label, options.frames});
  }
}

RenderedActions::~RenderedActions() = default;

void RenderedActions::read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const {
  const models::ClipInfo& known = info(clip);
  if (first > known.frames || count > known.frames - first)
    throw models::InputError(known.name, fmt::format("frames {} to {}", first, std::uint64_t{first} + count),
                             "are not all there", fmt::format("the clip has {} frames", known.frames));
  const std::size_t bytes = shape().size();
  auto frames = memory_->find(clip);
  const std::size_t whole = bytes * known.frames;
  if (!frames) {
    const ActionScene scene(options_, plan_clip(options_, split_, static_cast<std::uint32_t>(clip)));
    if (!memory_->has_room_for(whole)) {
      for (std::uint32_t i = 0; i < count; ++i) scene.render(first + i, to + i * bytes);
      return;
    }
    std::vector<std::uint8_t> all(whole);
    for (std::uint32_t i = 0; i < known.frames; ++i) scene.render(i, all.data() + i * bytes);
    frames = std::make_shared<const std::vector<std::uint8_t>>(std::move(all));
    memory_->keep(clip, frames);
  }
  std::memcpy(to, frames->data() + first * bytes, count * bytes);
}

/// The clip that is being shown.
class ActionFrames::Shown {
 public:
  Shown(const ActionInput& input, std::uint32_t clip)
      : clip_(clip),
        label_(clip % action_classes(input.classes).size()),
        scene_(input, plan_clip(input, input.split, clip)) {}

  std::uint32_t clip() const { return clip_; }
  std::uint32_t label() const { return label_; }
  const ActionScene& scene() const { return scene_; }

 private:
  std::uint32_t clip_, label_;
  ActionScene scene_;
};

ActionFrames::ActionFrames(const ActionInput& input) : input_(input) { require(input, input.first_clip, input.clips); }

ActionFrames::~ActionFrames() = default;

bool ActionFrames::next(models::Frame& out) {
  if (frame_ >= std::uint64_t{input_.clips} * input_.frames) return false;
  const auto clip = input_.first_clip + static_cast<std::uint32_t>(frame_ / input_.frames);
  if (!shown_ || shown_->clip() != clip) shown_ = std::make_unique<Shown>(input_, clip);
  std::vector<std::uint8_t> bytes(shape().size());
  shown_->scene().render(static_cast<std::uint32_t>(frame_ % input_.frames), bytes.data());
  out.values.assign(bytes.begin(), bytes.end());
  out.label = shown_->label();
  ++frame_;
  return true;
}

}  // namespace deltasim::traces
