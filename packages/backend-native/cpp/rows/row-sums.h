// Accurate sums over a row of floats.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Numbers added up in float32 before they go on in float64.
constexpr int64_t kRowBlock = 4096;

// Σ f(i) over a row, for N functions at once: `vectors(i, sums)` adds HG_LANES terms of each from i on, `single(i, sums)` one.
template <int N, typename Vectors, typename Single>
HG_INLINE void row_sums(int64_t columns, double* totals, Vectors vectors, Single single) {
  for (int n = 0; n < N; n++) totals[n] = 0;
  for (int64_t from = 0; from < columns; from += kRowBlock) {
    const int64_t to = smaller(from + kRowBlock, columns);
    Floats a[N] = {}, b[N] = {};
    float rest[N] = {};
    int64_t i = from;
    for (; i + 2 * HG_LANES <= to; i += 2 * HG_LANES) {
      vectors(i, a);
      vectors(i + HG_LANES, b);
    }
    if (i + HG_LANES <= to) {
      vectors(i, a);
      i += HG_LANES;
    }
    for (; i < to; i++) single(i, rest);
    for (int n = 0; n < N; n++) totals[n] += static_cast<double>(sum_of(a[n] + b[n])) + rest[n];
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
