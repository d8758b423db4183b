#include "models/training/trainer.hpp"

#include "models/training/clip_batches.hpp"
#include "models/training/evaluation.hpp"
#include "models/training/training_session.hpp"

namespace deltasim::models::training {

class Trainer::State : public TrainingSession {
 public:
  using TrainingSession::TrainingSession;
};

Trainer::Trainer(NetworkDescription network, TrainingOptions options, const ClipSource& train, const ClipSource& test)
    : state_(std::make_unique<State>(std::move(network), std::move(options), train, test)) {}

Trainer::~Trainer() = default;

void Trainer::start_from(const TrainedNetwork& network) { state_->start_from(network); }

void Trainer::run(const std::string& checkpoint, const std::function<bool(const TrainingProgress&)>& on_progress,
                  const std::function<void(const EpochRecord&)>& on_epoch) {
  state_->run(checkpoint, on_progress, on_epoch);
}

void Trainer::read(const std::string& checkpoint) { state_->read(checkpoint); }

Evaluation Trainer::evaluate(const ClipSource& clips, std::uint64_t frames) const {
  state_->check_classes(clips, "clips to evaluate");
  return evaluate_module(state_->module(), clips, frames);
}

std::vector<std::vector<float>> Trainer::logits(const ClipSource& clips, std::size_t count,
                                                std::uint64_t frames) const {
  return clip_logits(state_->module(), clips, count, frames);
}

TrainedNetwork Trainer::result() const { return state_->result(); }

}  // namespace deltasim::models::training
