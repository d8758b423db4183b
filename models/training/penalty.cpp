#include "models/training/penalty.hpp"

#include "models/training/delta_activation.hpp"
#include "models/training/delta_kernels.hpp"

namespace deltasim::models::training {
namespace {

struct Shared {
  bool changes, first_frame;
  Phi phi;
  std::int64_t frames;
};

PenaltyArgs arguments(const Shared& shared, const torch::Tensor& o, const torch::Tensor& weight,
                      const torch::Tensor& scale) {
  PenaltyArgs args;
  args.clips = static_cast<std::size_t>(o.size(0) / shared.frames);
  args.frames = static_cast<std::size_t>(shared.frames);
  args.neurons = static_cast<std::size_t>(weight.numel());
  args.weight = weight.data_ptr<float>(), args.scale = scale.data_ptr<float>();
  args.phi = shared.phi;
  args.changes = shared.changes, args.first_frame = shared.first_frame;
  args.o = o.data_ptr<float>();
  return args;
}

double counted(const Shared& shared, const torch::Tensor& o) {
  const std::int64_t all = o.size(0), clips = all / shared.frames;
  return static_cast<double>(!shared.changes || shared.first_frame ? all : all - clips);
}

class Penalty : public torch::autograd::Function<Penalty> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& output,
                               const torch::Tensor& weight, const torch::Tensor& scale, std::int64_t frames,
                               bool changes, bool first_frame, bool logarithm) {
    const Shared shared{changes, first_frame, logarithm ? Phi::logarithm : Phi::absolute, frames};
    const torch::Tensor o = channels_last(output);
    const torch::Tensor weights = neuron_map(weight, o), scales = neuron_map(scale, o);
    ctx->save_for_backward({o, weights, scales});
    ctx->saved_data["shared"] = std::vector<std::int64_t>{changes, first_frame, logarithm, frames};
    const double steps = counted(shared, o);
    const double sum = steps > 0 ? penalty_sum(arguments(shared, o, weights, scales)) / steps : 0.0;
    return torch::full({}, sum, output.options());
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               const torch::autograd::tensor_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto kept = ctx->saved_data["shared"].toIntVector();
    const Shared shared{kept[0] != 0, kept[1] != 0, kept[2] != 0 ? Phi::logarithm : Phi::absolute, kept[3]};
    const torch::Tensor& o = saved[0];
    torch::Tensor gradient = torch::empty_like(o);
    const double factor = gradients[0].item<double>() / std::max(counted(shared, o), 1.0);
    penalty_gradients(arguments(shared, o, saved[1], saved[2]), static_cast<float>(factor), gradient.data_ptr<float>());
    torch::Tensor none;
    return {gradient, none, none, none, none, none, none};
  }
};

torch::Tensor penalty(const torch::Tensor& o, const PenaltyTerm& term, bool changes) {
  const bool real = term.form == PenaltyForm::absolute || !term.step.defined();
  return Penalty::apply(o, term.weight, real ? torch::ones({1, 1, 1, 1}) : term.step, term.frames, changes,
                        changes && term.first_frame == FirstFrame::whole, term.form == PenaltyForm::logarithm);
}

}  // namespace

torch::Tensor change_penalty(const torch::Tensor& o, const PenaltyTerm& term) { return penalty(o, term, true); }

torch::Tensor activity_penalty(const torch::Tensor& o, const PenaltyTerm& term) { return penalty(o, term, false); }

OutputActivity output_activity(const torch::Tensor& output, std::int64_t frames, const torch::Tensor& weight) {
  const torch::Tensor o = channels_last(output.detach()), weights = neuron_map(weight, o);
  const auto count = count_activity(o.data_ptr<float>(), static_cast<std::size_t>(o.size(0) / frames),
                                    static_cast<std::size_t>(frames), static_cast<std::size_t>(weights.numel()),
                                    weights.data_ptr<float>());
  return {static_cast<double>(o.size(0) - o.size(0) / frames), count.nonzero, count.changed, count.nonzero_weighted,
          count.changed_weighted};
}

}  // namespace deltasim::models::training
