// What recurrences over time share. Sequences of a batch do not depend on each other: a thread takes some of them through
// all steps, with nobody to wait for, and the recurrent weights are copied for its products once.
#pragma once
#include "../linalg/gemm.h"
#include "../reduce/columns.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Sequences at a time: enough chunks for all threads, but weights too large for a thread's cache are read seldom.
HG_INLINE int64_t sequences_at_once(int64_t batch, int64_t weights) {
  const bool large = weights > (1 << 17);
  if (batch <= (large ? 32 : 16)) return larger<int64_t>(1, (batch + 1) / 2);
  return part_size(batch, large ? 16 : batch <= 64 ? 8 : kTileRows, 1);
}

// body(first sequence, how many), in parallel; every step reads so many weights.
template <class Body>
HG_INLINE void over_sequences(int64_t batch, int64_t weights, Body body) {
  const int64_t some = sequences_at_once(batch, weights);
  parallel(ceil_div(batch, some), [&](int64_t chunk) { body(chunk * some, smaller(some, batch - chunk * some)); });
}

// body(first number, how many of a vector) over `count` numbers.
template <class Body>
HG_INLINE void over_vectors(int64_t count, Body body) {
  int64_t j = 0;
  for (; j + HG_LANES <= count; j += HG_LANES) body(j, static_cast<int64_t>(HG_LANES));
  if (j < count) body(j, count - j);
}

// The gradient [states, gates] of the weights that multiplied first [batch, states], then `after` [length, batch, stride]
// but for its last step, and got back `d` [length, batch, gates].
HG_INLINE bool weight_gradient(const float* first, const float* after, int64_t stride, const float* d, int64_t length,
                               int64_t batch, int64_t states, int64_t gates, float* to) {
  const Product start{states, gates, batch, {first, states, true}, {d, gates, false}, to, gates, false, nullptr};
  if (!multiply_parallel(start)) return false;
  if (length <= 1) return true;
  const int64_t rows = (length - 1) * batch;
  return multiply_parallel(
      {states, gates, rows, {after, stride, true}, {d + batch * gates, gates, false}, to, gates, true, nullptr});
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
