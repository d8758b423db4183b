// Compiled once per instruction set by the files that include it. Nothing inline from elsewhere may be used here: the
// linker would be free to choose the copy with the newer instructions for the whole program.
#include <stdint.h>
#include <string.h>

namespace {

typedef uint32_t Lanes __attribute__((vector_size(32)));
typedef int32_t SignedLanes __attribute__((vector_size(32)));
typedef int8_t Bytes __attribute__((vector_size(8)));

// A tile of the row stays in registers while all events of the pixel are added; unsigned, so that sums wrap.
template <int kVectors>
void add_tile(int32_t* row, const int8_t* weights, size_t stride, uint32_t first, const uint32_t* channels,
              const int32_t* values, size_t n) {
  Lanes sums[kVectors];
  memcpy(sums, row, sizeof sums);
  for (size_t i = 0; i < n; ++i) {
    const int8_t* w = weights + static_cast<size_t>(channels[i] - first) * stride;
    const uint32_t value = static_cast<uint32_t>(values[i]);
    for (int v = 0; v < kVectors; ++v) {
      Bytes bytes;
      memcpy(&bytes, w + 8 * v, sizeof bytes);
      sums[v] += reinterpret_cast<Lanes>(__builtin_convertvector(bytes, SignedLanes)) * value;
    }
  }
  memcpy(row, sums, sizeof sums);
}

void add_rows(int32_t* row, uint32_t outputs, const int8_t* weights, size_t stride, uint32_t first,
              const uint32_t* channels, const int32_t* values, size_t n) {
  uint32_t o = 0;
  for (; o + 64 <= outputs; o += 64) add_tile<8>(row + o, weights + o, stride, first, channels, values, n);
  for (; o + 32 <= outputs; o += 32) add_tile<4>(row + o, weights + o, stride, first, channels, values, n);
  for (; o + 16 <= outputs; o += 16) add_tile<2>(row + o, weights + o, stride, first, channels, values, n);
  for (; o + 8 <= outputs; o += 8) add_tile<1>(row + o, weights + o, stride, first, channels, values, n);
  if (o == outputs) return;
  for (size_t i = 0; i < n; ++i) {
    const int8_t* w = weights + static_cast<size_t>(channels[i] - first) * stride;
    for (uint32_t c = o; c < outputs; ++c)
      row[c] = static_cast<int32_t>(static_cast<uint32_t>(row[c]) + static_cast<uint32_t>(static_cast<int32_t>(w[c])) *
                                                                        static_cast<uint32_t>(values[i]));
  }
}

}  // namespace
