#include "models/training/delta_kernels.hpp"

#include <algorithm>

// Bodies are inlined into two functions each: as the compiler's options say, and for AVX2. Fused multiply-add is left
// out, so that both give the same bits. Rows are summed in lanes of their own, in an order that is written here.
#if defined(__x86_64__) && defined(__GNUC__)
#define DELTASIM_AVX2 __attribute__((target("avx2")))
#define DELTASIM_HAS_AVX2 (__builtin_cpu_supports("avx2") != 0)
#else
#define DELTASIM_AVX2
#define DELTASIM_HAS_AVX2 false
#endif
#define DELTASIM_BODY inline __attribute__((always_inline))

namespace deltasim::models::training {
namespace {

constexpr std::size_t lanes = 16;

DELTASIM_BODY float clamped(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

DELTASIM_BODY void codes(const QuantiseArgs& a, float* __restrict output) {
  for (std::size_t f = 0; f < a.frames; ++f) {
    const float* __restrict z = a.z + f * a.neurons;
    const float* __restrict q = a.step;
    float* __restrict o = output + f * a.neurons;
    for (std::size_t i = 0; i < a.neurons; ++i) {
      const float code = __builtin_floorf(clamped(z[i], a.low, a.high) / q[i] + 0.5f);
      o[i] = clamped(code, a.lowest, a.highest) * q[i];
    }
  }
}

DELTASIM_BODY void code_gradients(const QuantiseArgs& a, const float* __restrict gradient, float* __restrict dz,
                                  float* __restrict dq) {
  for (std::size_t f = 0; f < a.frames; ++f) {
    const float* __restrict z = a.z + f * a.neurons;
    const float* __restrict q = a.step;
    const float* __restrict g = gradient + f * a.neurons;
    float* __restrict d = dz + f * a.neurons;
    for (std::size_t i = 0; i < a.neurons; ++i) {
      const float free_code = __builtin_floorf(clamped(z[i], a.low, a.high) / q[i] + 0.5f);
      const float code = clamped(free_code, a.lowest, a.highest);
      const bool inside = free_code == code;
      d[i] = (inside & (z[i] > a.low) & (z[i] < a.high)) ? g[i] : 0.0f;
      dq[i] += inside ? -g[i] * code : g[i] * code;
    }
  }
}

/// Natural logarithm of x >= 1, to 1e-7: a series in (m - 1) / (m + 1) of the mantissa m.
DELTASIM_BODY float logarithm(float x) {
  std::int32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const auto exponent = static_cast<float>((bits >> 23) - 127);
  bits = (bits & 0x7fffff) | 0x3f800000;
  float m = 0;
  __builtin_memcpy(&m, &bits, sizeof m);
  const float t = (m - 1) / (m + 1), u = t * t;
  const float series = 1 + u * (1.0f / 3 + u * (1.0f / 5 + u * (1.0f / 7 + u * (1.0f / 9 + u * (1.0f / 11)))));
  return exponent * 0.693147181f + 2 * t * series;
}

template <Phi kPhi>
DELTASIM_BODY float phi(float d, float s) {
  const float relative = __builtin_fabsf(d) / s;
  return kPhi == Phi::absolute ? relative : logarithm(1 + relative);
}

template <Phi kPhi>
DELTASIM_BODY float slope(float d, float s) {
  const float inverse = 1 / (kPhi == Phi::absolute ? s : s + __builtin_fabsf(d));
  return d > 0 ? inverse : (d < 0 ? -inverse : 0.0f);
}

/// One frame against another, or against 0: `before` null.
template <Phi kPhi, bool kBefore>
DELTASIM_BODY double frame_sum(const PenaltyArgs& a, const float* __restrict o, const float* __restrict before) {
  float sums[lanes] = {};
  double total = 0;
  std::size_t i = 0;
  for (; i + lanes <= a.neurons; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l)
      sums[l] += a.weight[i + l] * phi<kPhi>(kBefore ? o[i + l] - before[i + l] : o[i + l], a.scale[i + l]);
  for (; i < a.neurons; ++i) total += a.weight[i] * phi<kPhi>(kBefore ? o[i] - before[i] : o[i], a.scale[i]);
  for (const float sum : sums) total += sum;
  return total;
}

template <Phi kPhi>
DELTASIM_BODY double sum_of(const PenaltyArgs& a) {
  double total = 0;
  for (std::size_t c = 0; c < a.clips; ++c)
    for (std::size_t t = 0; t < a.frames; ++t) {
      const float* o = a.o + (c * a.frames + t) * a.neurons;
      if (a.changes && t > 0)
        total += frame_sum<kPhi, true>(a, o, o - a.neurons);
      else if (!a.changes || a.first_frame)
        total += frame_sum<kPhi, false>(a, o, nullptr);
    }
  return total;
}

/// gradient of frame t: its change from the frame before, minus that of the frame after it.
template <Phi kPhi, bool kBefore, bool kOwn, bool kAfter>
DELTASIM_BODY void frame_gradient(const PenaltyArgs& a, float factor, const float* __restrict o,
                                  const float* __restrict before, const float* __restrict after,
                                  float* __restrict gradient) {
  for (std::size_t i = 0; i < a.neurons; ++i) {
    float d = 0;
    if (kBefore) d += slope<kPhi>(o[i] - before[i], a.scale[i]);
    if (kOwn) d += slope<kPhi>(o[i], a.scale[i]);
    if (kAfter) d -= slope<kPhi>(after[i] - o[i], a.scale[i]);
    gradient[i] = factor * a.weight[i] * d;
  }
}

template <Phi kPhi>
DELTASIM_BODY void gradients_of(const PenaltyArgs& a, float factor, float* gradient) {
  for (std::size_t c = 0; c < a.clips; ++c)
    for (std::size_t t = 0; t < a.frames; ++t) {
      const std::size_t at = (c * a.frames + t) * a.neurons;
      const float* o = a.o + at;
      float* g = gradient + at;
      const bool before = a.changes && t > 0, after = a.changes && t + 1 < a.frames;
      const bool own = !a.changes || (t == 0 && a.first_frame);
      if (before && after)
        frame_gradient<kPhi, true, false, true>(a, factor, o, o - a.neurons, o + a.neurons, g);
      else if (before)
        frame_gradient<kPhi, true, false, false>(a, factor, o, o - a.neurons, nullptr, g);
      else if (after && own)
        frame_gradient<kPhi, false, true, true>(a, factor, o, nullptr, o + a.neurons, g);
      else if (after)
        frame_gradient<kPhi, false, false, true>(a, factor, o, nullptr, o + a.neurons, g);
      else if (own)
        frame_gradient<kPhi, false, true, false>(a, factor, o, nullptr, nullptr, g);
      else
        std::fill(g, g + a.neurons, 0.0f);
    }
}

DELTASIM_BODY void count_frame(const float* __restrict o, const float* __restrict before, std::size_t neurons,
                               const float* __restrict weight, ActivityCount& count) {
  float sums[4][lanes] = {};
  std::size_t i = 0;
  const auto add = [&](std::size_t at, std::size_t l) __attribute__((always_inline)) {
    const float nonzero = o[at] != 0 ? 1.0f : 0.0f, changed = o[at] != before[at] ? 1.0f : 0.0f;
    sums[0][l] += nonzero, sums[1][l] += changed;
    sums[2][l] += nonzero * weight[at], sums[3][l] += changed * weight[at];
  };
  for (; i + lanes <= neurons; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l) add(i + l, l);
  for (; i < neurons; ++i) add(i, 0);
  for (std::size_t l = 0; l < lanes; ++l) {
    count.nonzero += sums[0][l], count.changed += sums[1][l];
    count.nonzero_weighted += sums[2][l], count.changed_weighted += sums[3][l];
  }
}

DELTASIM_BODY ActivityCount counted(const float* o, std::size_t clips, std::size_t frames, std::size_t neurons,
                                    const float* weight) {
  ActivityCount count;
  for (std::size_t c = 0; c < clips; ++c)
    for (std::size_t t = 1; t < frames; ++t) {
      const float* now = o + (c * frames + t) * neurons;
      count_frame(now, now - neurons, neurons, weight, count);
    }
  return count;
}

DELTASIM_BODY double any_sum(const PenaltyArgs& a) {
  return a.phi == Phi::absolute ? sum_of<Phi::absolute>(a) : sum_of<Phi::logarithm>(a);
}
DELTASIM_BODY void any_gradients(const PenaltyArgs& a, float factor, float* gradient) {
  return a.phi == Phi::absolute ? gradients_of<Phi::absolute>(a, factor, gradient)
                                : gradients_of<Phi::logarithm>(a, factor, gradient);
}

DELTASIM_AVX2 void codes_avx2(const QuantiseArgs& a, float* output) { codes(a, output); }
DELTASIM_AVX2 void code_gradients_avx2(const QuantiseArgs& a, const float* gradient, float* dz, float* dq) {
  code_gradients(a, gradient, dz, dq);
}
DELTASIM_AVX2 double penalty_avx2(const PenaltyArgs& a) { return any_sum(a); }
DELTASIM_AVX2 void penalty_gradients_avx2(const PenaltyArgs& a, float factor, float* gradient) {
  any_gradients(a, factor, gradient);
}
DELTASIM_AVX2 ActivityCount count_avx2(const float* o, std::size_t clips, std::size_t frames, std::size_t neurons,
                                       const float* weight) {
  return counted(o, clips, frames, neurons, weight);
}

}  // namespace

void quantise_codes(const QuantiseArgs& args, float* output) {
  if (DELTASIM_HAS_AVX2) return codes_avx2(args, output);
  codes(args, output);
}

void quantise_gradients(const QuantiseArgs& args, const float* gradient, float* dz, float* dq) {
  if (DELTASIM_HAS_AVX2) return code_gradients_avx2(args, gradient, dz, dq);
  code_gradients(args, gradient, dz, dq);
}

double penalty_sum(const PenaltyArgs& args) { return DELTASIM_HAS_AVX2 ? penalty_avx2(args) : any_sum(args); }

void penalty_gradients(const PenaltyArgs& args, float factor, float* gradient) {
  if (DELTASIM_HAS_AVX2) return penalty_gradients_avx2(args, factor, gradient);
  any_gradients(args, factor, gradient);
}

ActivityCount count_activity(const float* o, std::size_t clips, std::size_t frames, std::size_t neurons,
                             const float* weight) {
  if (DELTASIM_HAS_AVX2) return count_avx2(o, clips, frames, neurons, weight);
  return counted(o, clips, frames, neurons, weight);
}

}  // namespace deltasim::models::training
