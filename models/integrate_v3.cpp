// Built with -march=x86-64-v3 where the compiler targets x86-64, and only called where the processor has AVX2.
// Nothing inline from a header may be used here: the linker could take this file's copy, with its newer instructions,
// for the whole program.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace deltasim::models {

// As in integrate.hpp, which is not included for that reason.
using AddRows = void (*)(int32_t*, uint32_t, const int8_t*, size_t, uint32_t, const uint32_t*, const int32_t*, size_t);
AddRows add_rows_v3();

#ifdef __AVX2__
namespace {

using Lanes = uint32_t __attribute__((vector_size(32)));  // unsigned: sums wrap

// A plain loop: the compiler turns it into one widening load.
inline __attribute__((always_inline)) Lanes widened(const int8_t* weights) {
  int32_t wide[8];
  for (int lane = 0; lane < 8; ++lane) wide[lane] = weights[lane];
  Lanes lanes;
  memcpy(&lanes, wide, sizeof lanes);
  return lanes;
}

/// Adds all events of the pixel to 8 * kVectors outputs, which stay in registers meanwhile.
template <int kVectors>
inline __attribute__((always_inline)) void add_tile(int32_t* row, const int8_t* weights, size_t stride, uint32_t first,
                                                    const uint32_t* channels, const int32_t* values, size_t n) {
  Lanes sums[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) memcpy(&sums[v], row + 8 * v, sizeof(Lanes));
  for (size_t i = 0; i < n; ++i) {
    const int8_t* w = weights + static_cast<size_t>(channels[i] - first) * stride;
    const auto value = static_cast<uint32_t>(values[i]);
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) sums[v] += widened(w + 8 * v) * value;
  }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) memcpy(row + 8 * v, &sums[v], sizeof(Lanes));
}

void add_rows(int32_t* __restrict row, uint32_t outputs, const int8_t* __restrict weights, size_t stride,
              uint32_t first, const uint32_t* channels, const int32_t* values, size_t n) {
  uint32_t o = 0;
  for (; o + 64 <= outputs; o += 64) add_tile<8>(row + o, weights + o, stride, first, channels, values, n);
  for (; o + 32 <= outputs; o += 32) add_tile<4>(row + o, weights + o, stride, first, channels, values, n);
  for (; o + 16 <= outputs; o += 16) add_tile<2>(row + o, weights + o, stride, first, channels, values, n);
  for (; o + 8 <= outputs; o += 8) add_tile<1>(row + o, weights + o, stride, first, channels, values, n);
  if (o == outputs) return;
  for (size_t i = 0; i < n; ++i) {
    const int8_t* w = weights + static_cast<size_t>(channels[i] - first) * stride;
    const auto value = static_cast<uint32_t>(values[i]);
    for (uint32_t c = o; c < outputs; ++c)
      row[c] = static_cast<int32_t>(static_cast<uint32_t>(row[c]) +
                                    static_cast<uint32_t>(static_cast<int32_t>(w[c])) * value);
  }
}

}  // namespace

AddRows add_rows_v3() { return &add_rows; }
#else
AddRows add_rows_v3() { return nullptr; }
#endif

}  // namespace deltasim::models
