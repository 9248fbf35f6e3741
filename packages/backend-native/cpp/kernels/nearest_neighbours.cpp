// The nearest few points of clouds, in order: sorted lists, which most candidates fail to enter.
#include "../geometry/clouds.h"

HG_BEGIN

// Points at a time, and candidates whose distances are computed before any enters a list.
constexpr int kPoints = 4, kVectors = 2, kBlock = 256;
constexpr int kUnit = kVectors * HG_LANES;
static_assert(kBlock % kUnit == 0 && kBlock % 16 == 0, "blocks");

// The nearest so far: the nearest first, of equal ones the first.
struct List {
  float* distances;
  int32_t* indices;
  int64_t size, found;

  HG_INLINE float limit() const { return found < size ? __builtin_inff() : distances[size - 1]; }
  HG_INLINE void enter(float distance, int64_t index) {
    int64_t at = found < size ? found++ : size - 1;
    for (; at > 0 && distances[at - 1] > distance; at--) {
      distances[at] = distances[at - 1];
      indices[at] = indices[at - 1];
    }
    distances[at] = distance;
    indices[at] = static_cast<int32_t>(index);
  }
  // Those at no finite distance come last, in their order.
  void fill_up(int64_t candidates) {
    const int64_t finite = found;
    for (int64_t i = 0; i < candidates && found < size; i++) {
      bool known = false;
      for (int64_t at = 0; at < finite; at++) known |= indices[at] == i;
      if (!known) indices[found++] = static_cast<int32_t>(i);
    }
  }
};

struct Search {
  const float *points, *laid;  // kPoints of them; a cloud laid out
  int64_t candidates, padded, dimensions;
  List* lists;
  float* distances;  // [kPoints][kBlock]

  template <int kDimensions>
  void run() const {
    for (int64_t begin = 0; begin < padded; begin += kBlock) {
      const int64_t count = smaller<int64_t>(kBlock, padded - begin);
      for (int64_t i = 0; i < count; i += kUnit) {
        Floats found[kPoints][kVectors];
        squared_distances<kPoints, kVectors, kDimensions>(points, laid + begin + i, padded, dimensions, found);
        for (int p = 0; p < kPoints; p++)
          for (int v = 0; v < kVectors; v++) store(distances + p * kBlock + i + v * HG_LANES, found[p][v]);
      }
      for (int p = 0; p < kPoints; p++) {
        const float* own = distances + p * kBlock;
        float limit = lists[p].limit();
        for (int64_t i = 0; i < count; i += kGroup) {
          if (!any_below<kGroup>(own + i, limit)) continue;
          for (int64_t j = i; j < i + kGroup; j++) {
            if (!(own[j] < limit)) continue;
            lists[p].enter(own[j], begin + j);
            limit = lists[p].limit();
          }
        }
      }
    }
    for (int p = 0; p < kPoints; p++) lists[p].fill_up(candidates);
  }
  static constexpr int kGroup = kUnit < 16 ? kUnit : 16;
};

// nearest int32 [batch, points, count], a [batch, points, dimensions], b [batch, candidates, dimensions], batch, points, candidates,
// dimensions (at least 1), count (at most all candidates)
HG_KERNEL(nearest_neighbours) {
  int32_t* nearest = args.i32(0);
  const float *a = args.f32(1), *b = args.f32(2);
  const int64_t batch = args.at(3), points = args.at(4), candidates = args.at(5), dimensions = args.at(6);
  const int64_t size = args.at(7);
  const int64_t padded = padded_to(candidates, kUnit);
  const float* laid = lay_out_all(b, batch, candidates, padded, dimensions, 0);
  if (laid == nullptr) return "out of memory";
  int failed = 0;
  const int64_t blocks = (points + kPoints - 1) / kPoints;
  const int64_t work = (padded * dimensions + size) * kPoints;
  parallel_ranges(batch * blocks, larger<int64_t>(1, 100000 / work), [&](int64_t begin, int64_t end) {
    const int64_t listed = (size + 15) / 16 * 16;
    const int64_t floats = kPoints * (dimensions + kBlock + 2 * listed);
    float* own = static_cast<float*>(scratch(1, static_cast<size_t>(floats) * 4));
    if (own == nullptr) {
      __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
      return;
    }
    float* distances = own + kPoints * dimensions;
    float* kept = distances + kPoints * kBlock;
    int32_t* indices = reinterpret_cast<int32_t*>(kept + kPoints * listed);
    for (int64_t item = begin; item < end; item++) {
      const int64_t cloud = item / blocks, first = item % blocks * kPoints;
      const int64_t count = smaller<int64_t>(kPoints, points - first);
      List lists[kPoints];
      // the last block is filled up with its first point
      for (int64_t p = 0; p < kPoints; p++) {
        memcpy(own + p * dimensions, a + (cloud * points + first + (p < count ? p : 0)) * dimensions,
               static_cast<size_t>(dimensions) * 4);
        lists[p] = List{kept + p * listed, indices + p * listed, size, 0};
      }
      with_dimensions(dimensions, Search{own, laid + cloud * dimensions * padded, candidates, padded, dimensions, lists, distances});
      for (int64_t p = 0; p < count; p++)
        memcpy(nearest + (cloud * points + first + p) * size, lists[p].indices, static_cast<size_t>(size) * 4);
    }
  });
  return failed ? "out of memory" : nullptr;
}

HG_END
