// Lanes of vectors mixed with each other.
#pragma once
#include "simd.h"

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

// Combines the lanes of each row: lane r of the result is that of row r. The order is the same for every row.
template <typename F>
HG_INLINE Floats combine_rows(Floats (&rows)[HG_LANES], F f) {
#pragma GCC unroll 4
  for (int half = HG_LANES / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int r = 0; r < half; r++)
      rows[r] = f(interleave_low(rows[r], rows[r + half]), interleave_high(rows[r], rows[r + half]));
  }
  return rows[0];
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
