// Squares of HG_LANES x HG_LANES elements of 4 bytes, transposed in registers.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

#if defined(__clang__)
#define HG_SHUFFLE(A, B, ...) __builtin_shufflevector(A, B, __VA_ARGS__)
#else
#define HG_SHUFFLE(A, B, ...) __builtin_shuffle(A, B, Ints{__VA_ARGS__})
#endif

// a0 b0 a1 b1 … of the lower and of the upper halves
HG_INLINE Floats interleave_low(Floats a, Floats b) {
#if HG_LANES == 16
  return HG_SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif HG_LANES == 8
  return HG_SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
  return HG_SHUFFLE(a, b, 0, 4, 1, 5);
#endif
}
HG_INLINE Floats interleave_high(Floats a, Floats b) {
#if HG_LANES == 16
  return HG_SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif HG_LANES == 8
  return HG_SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  return HG_SHUFFLE(a, b, 2, 6, 3, 7);
#endif
}

#undef HG_SHUFFLE

// Steps are in elements; the bits pass through registers of floats unchanged.
HG_INLINE void transpose_square(float* to, int64_t to_step, const float* from, int64_t from_step) {
  Floats rows[HG_LANES], next[HG_LANES];
  for (int i = 0; i < HG_LANES; i++) rows[i] = load(from + i * from_step);
  // each round shuffles the whole square as one deck of cards; after log2(HG_LANES) rounds it is transposed
  for (int round = HG_LANES; round > 1; round /= 2) {
    for (int i = 0; i < HG_LANES / 2; i++) {
      next[2 * i] = interleave_low(rows[i], rows[i + HG_LANES / 2]);
      next[2 * i + 1] = interleave_high(rows[i], rows[i + HG_LANES / 2]);
    }
    for (int i = 0; i < HG_LANES; i++) rows[i] = next[i];
  }
  for (int i = 0; i < HG_LANES; i++) store(to + i * to_step, rows[i]);
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
