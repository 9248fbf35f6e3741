// Points of clouds, and distances between them.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

HG_INLINE int64_t padded_to(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

// Points coordinate by coordinate, each row padded with infinity, which is near to nothing.
inline void lay_out(const float* points, int64_t count, int64_t padded, int64_t dimensions, float* to) {
  for (int64_t d = 0; d < dimensions; d++) {
    float* row = to + d * padded;
    for (int64_t i = 0; i < count; i++) row[i] = points[i * dimensions + d];
    for (int64_t i = count; i < padded; i++) row[i] = __builtin_inff();
  }
}

// Those of all clouds, [batch, dimensions, padded], in memory of the scratch slot; null when there is none.
inline float* lay_out_all(const float* points, int64_t batch, int64_t count, int64_t padded, int64_t dimensions, int slot) {
  float* laid = static_cast<float*>(scratch(slot, static_cast<size_t>(batch * dimensions * padded + 1) * 4));
  if (laid == nullptr) return nullptr;
  parallel_ranges(batch, larger<int64_t>(1, 32768 / (padded * dimensions + 1)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      lay_out(points + i * count * dimensions, count, padded, dimensions, laid + i * dimensions * padded);
  });
  return laid;
}

// Squared distances from kPoints points to kVectors vectors of points that are laid out. kDimensions is 0 where the compiler
// cannot know it.
template <int kPoints, int kVectors, int kDimensions>
HG_INLINE void squared_distances(const float* points, const float* laid, int64_t padded, int64_t any_dimensions,
                                 Floats (&distances)[kPoints][kVectors]) {
  const int64_t dimensions = kDimensions > 0 ? kDimensions : any_dimensions;
#pragma GCC unroll 8
  for (int p = 0; p < kPoints; p++)
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; v++) distances[p][v] = Floats{};
  for (int64_t d = 0; d < dimensions; d++) {
    Floats to[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; v++) to[v] = load(laid + d * padded + v * HG_LANES);
#pragma GCC unroll 8
    for (int p = 0; p < kPoints; p++) {
      const float from = points[p * dimensions + d];
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; v++) {
        const Floats step = from - to[v];
        distances[p][v] += step * step;
      }
    }
  }
}

// Calls body.run<D>() with the number of dimensions where code for it pays, else with 0.
template <typename Body>
HG_INLINE void with_dimensions(int64_t dimensions, Body body) {
  if (dimensions == 2)
    body.template run<2>();
  else if (dimensions == 3)
    body.template run<3>();
  else
    body.template run<0>();
}

// Whether any of kCount numbers is less than the limit.
template <int kCount>
HG_INLINE bool any_below(const float* values, float limit) {
  int below = 0;
  for (int i = 0; i < kCount; i++) below |= values[i] < limit;
  return below != 0;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
