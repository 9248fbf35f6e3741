// Nearest points among clouds; distances are compared as they are computed, and no matrix of them is made.
#include "../geometry/clouds.h"

HG_BEGIN

constexpr int kPoints = 4;

// The nearest of `padded` candidates for each of kPoints points. kDimensions is 0 where the compiler cannot know it.
template <int kDimensions>
void search(const float* points, const float* candidates, int64_t padded, int64_t any_dimensions, int32_t* nearest) {
  const int64_t dimensions = kDimensions > 0 ? kDimensions : any_dimensions;
  Floats least[kPoints];
  Ints best[kPoints];
  for (int p = 0; p < kPoints; p++) {
    least[p] = splat(__builtin_inff());
    best[p] = Ints{};
  }
  Ints index;
  for (int i = 0; i < HG_LANES; i++) index[i] = i;
  for (int64_t i = 0; i < padded; i += HG_LANES, index += HG_LANES) {
    Floats distance[kPoints] = {};
    for (int64_t d = 0; d < dimensions; d++) {
      const Floats from = load(candidates + d * padded + i);
      for (int p = 0; p < kPoints; p++) {
        const Floats step = points[p * dimensions + d] - from;
        distance[p] += step * step;
      }
    }
    for (int p = 0; p < kPoints; p++) {
      const auto nearer = distance[p] < least[p];
      least[p] = nearer ? distance[p] : least[p];
      best[p] = nearer ? index : best[p];
    }
  }
  for (int p = 0; p < kPoints; p++) {
    float distance = least[p][0];
    int32_t found = best[p][0];
    for (int i = 1; i < HG_LANES; i++) {
      if (least[p][i] > distance || (least[p][i] == distance && best[p][i] >= found)) continue;
      distance = least[p][i];
      found = best[p][i];
    }
    nearest[p] = found;
  }
}

// nearest int32 [batch, points], a [batch, points, dimensions], b [batch, candidates, dimensions], batch, points, candidates,
// dimensions (at least 1)
HG_KERNEL(nearest_points) {
  int32_t* nearest = args.i32(0);
  const float *a = args.f32(1), *b = args.f32(2);
  const int64_t batch = args.at(3), points = args.at(4), candidates = args.at(5);
  const int64_t dimensions = args.at(6);
  const int64_t padded = padded_to(candidates, HG_LANES);
  const float* laid = lay_out_all(b, batch, candidates, padded, dimensions, 0);
  if (laid == nullptr) return "out of memory";
  // blocks of points of one cloud
  int failed = 0;
  const int64_t blocks = (points + kPoints - 1) / kPoints;
  parallel_ranges(batch * blocks, larger<int64_t>(1, 100000 / (padded * kPoints * dimensions)), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t cloud = item / blocks, first = item % blocks * kPoints;
      const int64_t count = smaller<int64_t>(kPoints, points - first);
      // the last block is filled up with its first point
      float few[kPoints * 4];
      int32_t found[kPoints];
      float* own = dimensions <= 4 ? few : static_cast<float*>(scratch(1, static_cast<size_t>(kPoints * dimensions) * 4));
      if (own == nullptr) {
        __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
        return;
      }
      for (int64_t p = 0; p < kPoints; p++)
        memcpy(own + p * dimensions, a + (cloud * points + first + (p < count ? p : 0)) * dimensions,
               static_cast<size_t>(dimensions) * 4);
      const float* from = laid + cloud * dimensions * padded;
      if (dimensions == 2)
        search<2>(own, from, padded, dimensions, found);
      else if (dimensions == 3)
        search<3>(own, from, padded, dimensions, found);
      else
        search<0>(own, from, padded, dimensions, found);
      memcpy(nearest + cloud * points + first, found, static_cast<size_t>(count) * 4);
    }
  });
  return failed ? "out of memory" : nullptr;
}

HG_END
