// Squares of HG_LANES x HG_LANES elements of 4 bytes, transposed in registers.
#pragma once
#include "../simd/lanes.h"

namespace hourglass {
namespace HG_NAMESPACE {

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
