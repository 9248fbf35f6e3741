// Loops over contiguous floats, a vector at a time. `to` must not overlap what is read: the last vector of a loop may
// cover numbers that are done already.
#pragma once
#include "simd.h"

// After a lambda's parameters: always inlined.
#define HG_LAMBDA __attribute__((always_inline))

namespace hourglass {
namespace HG_NAMESPACE {

// to[i] = f(a[i])
template <typename F>
HG_INLINE void map(float* to, const float* a, int64_t count, F f) {
  if (count < HG_LANES) {
    if (count > 0) store_some(to, f(load_some(a, count)), count);
    return;
  }
  int64_t i = 0;
  for (; i + HG_LANES <= count; i += HG_LANES) store(to + i, f(load(a + i)));
  if (i < count) store(to + count - HG_LANES, f(load(a + count - HG_LANES)));
}

// to[i] = f(a[i], b[i])
template <typename F>
HG_INLINE void map(float* to, const float* a, const float* b, int64_t count, F f) {
  if (count < HG_LANES) {
    if (count > 0) store_some(to, f(load_some(a, count), load_some(b, count)), count);
    return;
  }
  int64_t i = 0;
  for (; i + HG_LANES <= count; i += HG_LANES) store(to + i, f(load(a + i), load(b + i)));
  if (i < count) {
    const int64_t last = count - HG_LANES;
    store(to + last, f(load(a + last), load(b + last)));
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
