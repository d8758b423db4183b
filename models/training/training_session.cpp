#include "models/training/training_session.hpp"

#include "models/error.hpp"
#include "models/training/evaluation.hpp"
#include "models/training/penalty.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace deltasim::models::training {
namespace {

/// Batches whose largest activations set steps: for good, and until the next epoch does it again.
constexpr std::size_t calibration_batches = 8, epoch_calibration_batches = 2;
constexpr std::size_t activity_every = 8;  ///< batches: the running share of changed MACs is for the eye

std::shared_ptr<NetworkModule> module_of(NetworkDescription network, const TrainingOptions& options,
                                         const ClipSource& train) {
  check_options(options, network, train);
  return std::make_shared<NetworkModule>(std::move(network), options.threshold_grain, options.seed);
}

/// Threads are torch's, for the whole process, the rest is this thread's. Freed activations of megabytes stay with the
/// allocator: giving them back to the system and taking them again for each layer costs a page fault per 4 KiB.
void set_up_torch(std::uint64_t threads) {
  at::set_num_threads(static_cast<int>(threads));
  at::globalContext().setDeterministicAlgorithms(true, true);
  at::globalContext().setFlushDenormal(true);
  static const bool once = mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1;
  static_cast<void>(once);
}

std::vector<float> copied(const torch::Tensor& tensor) {
  const auto flat = tensor.detach().to(torch::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

TrainingSession::TrainingSession(NetworkDescription network, TrainingOptions options, const ClipSource& train,
                                 const ClipSource& test)
    : options_(std::move(options)),
      train_clips_(train),
      test_clips_(test),
      module_(module_of(std::move(network), options_, train)),
      train_(train, module_->description().input, "training clips"),
      steps_(options_) {
  set_up_torch(options_.threads);
  const ClipBatches checked(test, module_->description().input, "test clips");
  check_classes(test, "test clips");
  progress_.identity = identity_of(options_, module_->description(), train, test);
  assign_roles();
}

void TrainingSession::assign_roles() {
  double dense = 0;
  for (const LayerGeometry& layer : geometry(module_->description())) dense += static_cast<double>(layer.macs);
  for (const DeltaPoint& point : module_->delta_points()) {
    Role role;
    const bool image = point.layer == TermGeometry::from_input;
    const auto& chosen = options_.delta_layers;
    const bool selected = chosen.empty() || std::find(chosen.begin(), chosen.end(), point.name) != chosen.end();
    if (options_.regime == Regime::delta) role.change = options_.input_delta_only ? image : selected;
    if (options_.regime == Regime::l1) {
      role.activity = !image && selected;
      role.change = image && options_.input_delta_only;
    }
    role.trained_threshold = role.change;
    const double neurons = static_cast<double>(point.fan_out.numel() * point.activation->options().output.channels);
    role.weight = point.fan_out / (options_.penalty_weight == PenaltyWeight::macs ? dense : neurons);
    point.activation->threshold.set_requires_grad(role.trained_threshold);
    roles_.push_back(role);
  }
}

void TrainingSession::start_from(const TrainedNetwork& network) {
  load(*module_, network);
  bool all = true;
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    DeltaActivation& layer = *module_->delta_points()[i].activation;
    all = all && layer.quantises();
    torch::NoGradGuard guard;
    if (roles_[i].trained_threshold) layer.threshold.mul_(options_.initial_threshold);
  }
  module_->compute_as_exported(all && options_.quantise_weights > 0);
}

void TrainingSession::check_classes(const ClipSource& clips, const char* what) const {
  if (clips.classes() != train_clips_.classes())
    throw InputError("", what, "other classes than the training clips", "expected the same, in the same order");
}

NetworkModule& TrainingSession::module() {
  set_up_torch(options_.threads);
  return *module_;
}

TrainedNetwork TrainingSession::result() {
  TrainedNetwork network = to_trained(*module_);
  network.classes = train_clips_.classes();
  return network;
}

bool TrainingSession::quantises_weights(std::uint64_t epoch) const {
  return options_.quantise_weights > 0 && epoch + options_.quantise_weights > last_epoch();
}

/// Whether the epoch trains what will be exported.
bool TrainingSession::final_state(std::uint64_t epoch) const {
  return epoch >= options_.quantise_from && (options_.quantise_weights == 0 || quantises_weights(epoch));
}

void TrainingSession::prepare(std::uint64_t epoch) {
  const bool quantised = epoch >= options_.quantise_from, exported = quantises_weights(epoch);
  module_->compute_as_exported(exported);
  for (DeltaPoint& point : module_->delta_points()) point.activation->quantise(quantised);
  const bool first_exported = exported && !quantises_weights(epoch - 1);
  if (quantised && (!exported || first_exported || epoch == options_.quantise_from)) calibrate(epoch);
  if (first_exported || (epoch == options_.quantise_from && options_.quantise_weights == 0))
    progress_.best = -1, progress_.since_best = 0;
}

/// Steps that are not trained follow the range of activations, epoch by epoch; those that are start from it.
void TrainingSession::calibrate(std::uint64_t epoch) {
  torch::NoGradGuard no_gradients;
  std::vector<std::size_t> seen;
  for (std::size_t i = 0; i < roles_.size(); ++i)
    if (!roles_[i].trained_threshold || !module_->delta_points()[i].activation->quantises()) seen.push_back(i);
  if (seen.empty()) return;
  for (const std::size_t i : seen) module_->delta_points()[i].activation->observe();
  module_->train();
  const bool again = epoch > options_.quantise_from && !quantises_weights(epoch);
  const std::size_t most = again ? epoch_calibration_batches : calibration_batches;
  for (std::size_t b = 0; b < std::min(most, train_.batches(options_.batch)); ++b) {
    ClipBatch batch = train_.training(options_, epoch, b);
    module_->forward(frames_of(batch, module_->description().input), batch.frames);
  }
  for (const std::size_t i : seen) {
    DeltaActivation& layer = *module_->delta_points()[i].activation;
    layer.initialise(roles_[i].trained_threshold ? options_.initial_threshold : 1.0);
    layer.quantise(true);
  }
}

std::vector<Parameter> TrainingSession::parameters() {
  std::vector<Parameter> result;
  for (auto& item : module_->named_parameters()) {
    torch::Tensor& values = item.value();
    torch::Tensor gradient = values.mutable_grad();
    if (!gradient.defined()) continue;
    if (!gradient.is_contiguous()) values.mutable_grad() = gradient.contiguous();
    Parameter p;
    p.name = item.key();
    if (ends_with(p.name, "threshold")) p.kind = ParameterKind::threshold;
    if (ends_with(p.name, "weight") && values.dim() > 1) p.kind = ParameterKind::weight;
    p.values = values.data_ptr<float>();
    p.gradient = values.mutable_grad().data_ptr<float>();
    p.size = static_cast<std::size_t>(values.numel());
    result.push_back(p);
  }
  return result;
}

torch::Tensor TrainingSession::penalty(std::int64_t frames) {
  torch::Tensor sum = torch::zeros({});
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    const Role& role = roles_[i];
    const DeltaPoint& point = module_->delta_points()[i];
    if (!(role.activity || role.change) || !point.activation->quantises()) continue;
    const PenaltyTerm term{frames, role.weight, point.activation->step().detach(), options_.penalty_form,
                           options_.first_frame};
    sum = sum + (role.change ? change_penalty(point.sent, term) : activity_penalty(point.sent, term));
  }
  return sum;
}

void TrainingSession::train_batch(ClipBatch& batch, double rate, Sums& sums) {
  const std::int64_t frames = batch.frames;
  const auto clips = static_cast<std::int64_t>(batch.label.size());
  const std::vector<std::int64_t> labels(batch.label.begin(), batch.label.end());
  const auto target = torch::tensor(labels).repeat_interleave(frames);
  const auto logits = module_->forward(frames_of(batch, module_->description().input), frames);
  const auto task = torch::nn::functional::cross_entropy(logits, target);
  const auto extra = penalty(frames);
  const auto loss = options_.rate > 0 && extra.requires_grad() ? task + options_.rate * extra : task;
  const auto value = loss.item<double>();
  if (!std::isfinite(value))
    throw InputError("training", "learning_rate", "the loss is no longer a number",
                     "use a lower rate, or more warm_up");
  for (auto& p : module_->parameters()) p.mutable_grad().reset();
  loss.backward();
  steps_.step(parameters(), rate);
  const auto best = clip_predictions(logits.detach(), frames).argmax(1);
  const double n = static_cast<double>(clips);
  sums.clips += n;
  sums.loss += n * value;
  sums.task += n * task.item<double>();
  sums.penalty += n * extra.item<double>();
  sums.right += (best == torch::tensor(labels)).sum().item<double>();
}

bool TrainingSession::train_epoch(const std::function<bool(const TrainingProgress&)>& on_progress,
                                  EpochRecord& record) {
  const std::size_t batches = train_.batches(options_.batch);
  const std::uint64_t epoch = record.epoch, position = epoch + progress_.skipped;
  const auto read = [&](std::size_t b) { return train_.training(options_, epoch, b); };
  ActivityMeter meter(*module_);
  Sums sums;
  auto next = std::async(std::launch::async, read, std::size_t{0});
  for (std::size_t b = 0; b < batches; ++b) {
    ClipBatch batch = next.get();
    if (b + 1 < batches) next = std::async(std::launch::async, read, b + 1);
    module_->train();
    record.learning_rate = scheduled_rate(options_, position, static_cast<double>(b) / static_cast<double>(batches));
    train_batch(batch, record.learning_rate, sums);
    if (b % activity_every == 0) meter.add(*module_, batch.frames);
    for (DeltaPoint& point : module_->delta_points()) point.sent = torch::Tensor();
    TrainingProgress progress{epoch, last_epoch(), static_cast<std::uint64_t>(sums.clips), train_clips_.size()};
    progress.loss = sums.loss / sums.clips;
    progress.accuracy = sums.right / sums.clips;
    progress.changed = meter.changed_share();
    if (on_progress && !on_progress(progress)) return false;
  }
  record.loss = sums.loss / sums.clips;
  record.task_loss = sums.task / sums.clips;
  record.penalty = sums.penalty / sums.clips;
  record.accuracy = sums.right / sums.clips;
  return true;
}

/// Without progress for `patience` epochs: on to the epochs that train what is exported, or the end.
void TrainingSession::judge(const EpochRecord& record) {
  if (options_.patience == 0 || !record.test || record.epoch < options_.quantise_from) return;
  if (record.test->accuracy > progress_.best) {
    progress_.best = record.test->accuracy;
    progress_.since_best = 0;
    if (final_state(record.epoch)) progress_.best_weights = weights();
    return;
  }
  progress_.since_best += options_.test_every;
  if (stopped() && !final_state(record.epoch))
    progress_.skipped += last_epoch() - options_.quantise_weights - record.epoch;
}

bool TrainingSession::stopped() const { return options_.patience > 0 && progress_.since_best >= options_.patience; }

bool TrainingSession::ended() const {
  return progress_.epoch >= last_epoch() || (stopped() && final_state(progress_.epoch));
}

/// With patience, the result may be an earlier epoch's weights.
void TrainingSession::take_result() {
  if (!progress_.best_weights.empty()) set_weights(progress_.best_weights);
}

void TrainingSession::read(const std::string& checkpoint) {
  set_up_torch(options_.threads);
  restore(checkpoint, {});
  if (ended()) take_result();
}

void TrainingSession::run(const std::string& checkpoint,
                          const std::function<bool(const TrainingProgress&)>& on_progress,
                          const std::function<void(const EpochRecord&)>& on_epoch) {
  set_up_torch(options_.threads);
  if (!checkpoint.empty() && std::filesystem::exists(checkpoint)) restore(checkpoint, on_epoch);
  while (!ended()) {
    const auto start = std::chrono::steady_clock::now();
    EpochRecord record;
    record.epoch = progress_.epoch + 1;
    prepare(record.epoch);
    if (!train_epoch(on_progress, record)) return;
    if (record.epoch % options_.test_every == 0 || record.epoch == last_epoch())
      record.test = evaluate_module(*module_, test_clips_, options_.test_frames);
    judge(record);
    record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress_.epoch = record.epoch;
    progress_.records.push_back(record);
    if (!checkpoint.empty()) store(checkpoint);
    if (on_epoch) on_epoch(record);
  }
  take_result();
}

NamedValues TrainingSession::weights() const {
  NamedValues values;
  for (const auto& item : module_->named_parameters()) values.emplace_back(item.key(), copied(item.value()));
  for (const auto& item : module_->named_buffers()) values.emplace_back(item.key(), copied(item.value()));
  return values;
}

void TrainingSession::set_weights(const NamedValues& values) {
  torch::NoGradGuard guard;
  auto parameters = module_->named_parameters(), buffers = module_->named_buffers();
  for (const auto& [name, numbers] : values) {
    torch::Tensor* to = parameters.find(name);
    if (to == nullptr) to = &buffers[name];
    to->copy_(torch::tensor(numbers).reshape(to->sizes()));
  }
}

void TrainingSession::restore(const std::string& path, const std::function<void(const EpochRecord&)>& on_epoch) {
  Checkpoint read = read_checkpoint(path);
  check_identity(read, progress_.identity, path);
  set_weights(read.weights);
  steps_.restore(read.steps, std::move(read.optimiser));
  read.weights.clear();
  read.optimiser.clear();
  progress_ = std::move(read);
  module_->compute_as_exported(quantises_weights(progress_.epoch));
  if (!on_epoch) return;
  for (const EpochRecord& record : progress_.records) on_epoch(record);
}

void TrainingSession::store(const std::string& path) {
  progress_.weights = weights();
  progress_.optimiser = steps_.moments();
  progress_.steps = steps_.steps();
  write_checkpoint(progress_, path);
  progress_.weights.clear();
  progress_.optimiser.clear();
}

}  // namespace deltasim::models::training
