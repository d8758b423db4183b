#include "models/training/penalty.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim::models::training;

namespace {

/// Two clips of three frames, one channel, 1 x 2 neurons.
torch::Tensor outputs() {
  return torch::tensor({1.f, 0.f, 3.f, 0.f, 3.f, -4.f,  //
                        0.f, 0.f, 0.f, 2.f, 0.f, 2.f})
      .reshape({6, 1, 1, 2});
}

PenaltyTerm term_of(PenaltyForm form, FirstFrame first = FirstFrame::left_out) {
  PenaltyTerm term;
  term.frames = 3;
  term.weight = torch::tensor({10.f, 1.f}).reshape({1, 2});
  term.step = torch::full({1, 1, 1, 1}, 0.5f);
  term.form = form;
  term.first_frame = first;
  return term;
}

double difference_error(const PenaltyTerm& term, bool changes) {
  torch::manual_seed(1);
  torch::Tensor o = torch::randn({6, 3, 2, 2});
  const auto value = [&] { return changes ? change_penalty(o, term) : activity_penalty(o, term); };
  o.set_requires_grad(true);
  (value() * 3).backward();
  const torch::Tensor gradient = o.grad().clone();
  torch::NoGradGuard guard;
  double error = 0;
  for (std::int64_t i = 0; i < o.numel(); ++i) {
    const float h = 1e-2f, kept = o.view(-1)[i].item<float>();
    o.view(-1)[i] = kept + h;
    const double above = value().item<double>();
    o.view(-1)[i] = kept - h;
    const double below = value().item<double>();
    o.view(-1)[i] = kept;
    error = std::max(error, std::abs(3 * (above - below) / (2 * h) - gradient.reshape(-1)[i].item<double>()));
  }
  return error;
}

}  // namespace

TEST_CASE("change penalty: by hand, with and without the first frame") {
  // changes: neuron 0: 2, 0 | 0, 0; neuron 1: 0, 4 | 2, 0; four pairs
  CHECK(change_penalty(outputs(), term_of(PenaltyForm::absolute)).item<double>() ==
        doctest::Approx((10 * 2 + 4 + 2) / 4.0));
  CHECK(change_penalty(outputs(), term_of(PenaltyForm::codes)).item<double>() ==
        doctest::Approx((10 * 4 + 8 + 4) / 4.0));
  CHECK(change_penalty(outputs(), term_of(PenaltyForm::logarithm)).item<double>() ==
        doctest::Approx((10 * std::log(5.0) + std::log(9.0) + std::log(5.0)) / 4));
  CHECK(change_penalty(outputs(), term_of(PenaltyForm::absolute, FirstFrame::whole)).item<double>() ==
        doctest::Approx((10 * 2 + 4 + 2 + 10 * 1) / 6.0));
  auto single = term_of(PenaltyForm::absolute);
  single.frames = 1;
  CHECK(change_penalty(outputs(), single).item<double>() == 0.0);
}

TEST_CASE("activity penalty: by hand") {
  CHECK(activity_penalty(outputs(), term_of(PenaltyForm::absolute)).item<double>() ==
        doctest::Approx((10 * (1 + 3 + 3) + 4 + 2 + 2) / 6.0));
  CHECK(activity_penalty(outputs(), term_of(PenaltyForm::logarithm)).item<double>() ==
        doctest::Approx((10 * (std::log(3.0) + 2 * std::log(7.0)) + std::log(9.0) + 2 * std::log(5.0)) / 6));
}

TEST_CASE("penalties: gradients equal finite differences, in any memory order") {
  for (const auto form : {PenaltyForm::absolute, PenaltyForm::codes, PenaltyForm::logarithm})
    for (const auto first : {FirstFrame::left_out, FirstFrame::whole}) {
      auto term = term_of(form, first);
      term.weight = torch::rand({2, 2});
      term.step = torch::rand({1, 3, 1, 1}) + 0.5;
      CHECK(difference_error(term, true) < 5e-3);
      CHECK(difference_error(term, false) < 5e-3);
    }
  // 7 x 5 x 5 neurons: whole vectors and a rest
  auto term = term_of(PenaltyForm::logarithm);
  term.weight = torch::rand({5, 5});
  const torch::Tensor o = torch::randn({6, 7, 5, 5});
  const torch::Tensor d = (o.reshape({2, 3, 7, 5, 5}).diff(1, 1).abs() / 0.5 + 1).log() * term.weight;
  CHECK(change_penalty(o, term).item<double>() == doctest::Approx(d.sum().item<double>() / 4).epsilon(1e-5));
  CHECK(change_penalty(o.contiguous(at::MemoryFormat::ChannelsLast), term).item<double>() ==
        doctest::Approx(d.sum().item<double>() / 4).epsilon(1e-5));
}

TEST_CASE("output activity: first frames are left out") {
  const auto activity = output_activity(outputs(), 3, torch::tensor({10.f, 1.f}).reshape({1, 2}));
  CHECK(activity.frames == 4);
  CHECK(activity.nonzero == 5);  // 3 and 3, -4 | 2, 2
  CHECK(activity.changed == 3);
  CHECK(activity.nonzero_weighted == 23);
  CHECK(activity.changed_weighted == 12);
}
