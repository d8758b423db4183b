#include "models/training/clip_batches.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace deltasim::models::training {
namespace {

constexpr float input_scale = 1.0f / 255;
constexpr double pi = 3.14159265358979323846;

std::string text_of(const Shape& shape) { return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width); }

}  // namespace

/// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t Dice::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint64_t Dice::below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }

double scheduled_rate(const TrainingOptions& options, std::uint64_t epoch, double done) {
  const double passed = static_cast<double>(epoch - 1) + done;
  double rate = options.learning_rate;
  if (options.warm_up > 0) rate *= std::min(1.0, passed / options.warm_up + 0.01);
  if (options.schedule == Schedule::cosine)
    rate *= (1 + std::cos(pi * passed / static_cast<double>(options.epochs))) / 2;
  if (options.schedule == Schedule::step) {
    const std::uint64_t falls = (epoch - 1) / std::max<std::uint64_t>(options.step_every, 1);
    rate *= std::pow(options.step_factor, static_cast<double>(falls));
  }
  return rate;
}

ClipBatches::ClipBatches(const ClipSource& clips, const Shape& shape, const char* what)
    : clips_(clips), from_(clips.shape()), shape_(shape) {
  if (clips.size() == 0) throw InputError("", what, "no clips", "expected at least one");
  if (from_.channels != shape.channels || from_.height < shape.height || from_.width < shape.width)
    throw InputError("", what, fmt::format("frames of {} for a network that takes {}", text_of(from_), text_of(shape)),
                     "expected as many channels, and frames at least as large");
}

std::size_t ClipBatches::batches(std::uint64_t batch) const { return (clips_.size() + batch - 1) / batch; }

ClipBatch ClipBatches::training(const TrainingOptions& options, std::uint64_t epoch, std::size_t index) const {
  std::vector<std::size_t> order(clips_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Dice shuffle(options.seed * 0x100000001b3u + epoch);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[shuffle.below(i)]);

  ClipBatch batch;
  batch.frames = static_cast<std::uint32_t>(options.clip_frames);
  const std::size_t end = std::min<std::size_t>(order.size(), (index + 1) * options.batch);
  const std::uint64_t margin_y = from_.height - shape_.height + 2 * options.crop,
                      margin_x = from_.width - shape_.width + 2 * options.crop;
  for (std::size_t i = index * options.batch; i < end; ++i) {
    Dice dice(shuffle.next() ^ (order[i] * 0x9e3779b97f4a7c15u));
    const auto step = static_cast<std::uint32_t>(options.frame_step);
    const std::uint64_t length = clips_.info(order[i]).frames, taken = (batch.frames - 1) * std::uint64_t{step} + 1;
    Cut cut;
    const auto start = static_cast<std::uint32_t>(dice.below(length > taken ? length - taken + 1 : 1));
    cut.top = static_cast<std::int64_t>(dice.below(margin_y + 1)) - static_cast<std::int64_t>(options.crop);
    cut.left = static_cast<std::int64_t>(dice.below(margin_x + 1)) - static_cast<std::int64_t>(options.crop);
    cut.mirror = dice.below(2) == 1 && options.flip;
    append(order[i], start, batch.frames, step, cut, batch);
  }
  return batch;
}

ClipBatch ClipBatches::evaluation(std::size_t first, std::size_t batch, std::uint64_t frames) const {
  const auto length = [&](std::size_t clip) { return std::min<std::uint64_t>(clips_.info(clip).frames, frames); };
  ClipBatch result;
  result.frames = static_cast<std::uint32_t>(length(first));
  const Cut centre{(from_.height - shape_.height) / 2, (from_.width - shape_.width) / 2, false};
  for (std::size_t clip = first; clip < std::min(clips_.size(), first + batch); ++clip) {
    if (length(clip) != result.frames) break;
    append(clip, 0, result.frames, 1, centre, result);
  }
  return result;
}

void ClipBatches::append(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint32_t step, const Cut& cut,
                         ClipBatch& batch) const {
  const ClipInfo& info = clips_.info(clip);
  if (info.frames == 0) throw InputError(info.name, "", "a clip without frames", "leave it out");
  const std::uint32_t held = std::min((count - 1) * step + 1, info.frames - first);
  std::vector<std::uint8_t> bytes(held * from_.size());
  clips_.read(clip, first, held, bytes.data());
  batch.label.push_back(info.label);
  const std::size_t begin = batch.pixels.size();
  batch.pixels.resize(begin + count * shape_.size());
  float* to = batch.pixels.data() + begin;
  const auto inside = [](std::int64_t at, std::uint32_t size) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, size - 1));
  };
  for (std::uint32_t f = 0; f < count; ++f) {
    const std::uint8_t* frame = bytes.data() + std::min(f * step, held - 1) * from_.size();
    for (std::uint32_t y = 0; y < shape_.height; ++y) {
      const std::size_t row = inside(y + cut.top, from_.height) * from_.width;
      for (std::uint32_t x = 0; x < shape_.width; ++x) {
        const std::size_t pixel = row + inside((cut.mirror ? shape_.width - 1 - x : x) + cut.left, from_.width);
        for (std::uint32_t c = 0; c < shape_.channels; ++c)
          *to++ = static_cast<float>(frame[c * from_.pixels() + pixel]) * input_scale;
      }
    }
  }
}

}  // namespace deltasim::models::training
