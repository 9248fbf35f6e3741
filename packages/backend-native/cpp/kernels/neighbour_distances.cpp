// Squared distances of pairs of points that are given by number, and their gradients.
#include "../movement/indices.h"

HG_BEGIN

struct Pairs {
  const float *a, *b;      // [batch, points, dimensions], [batch, candidates, dimensions]
  const int32_t* indices;  // [batch, points, count]
  int64_t batch, points, candidates, dimensions, count;

  const char* check() const { return check_indices("neighbour distances", indices, batch * points * count, candidates); }
  HG_INLINE const float* other(int64_t point, int64_t i) const {
    return b + (point / points * candidates + indices[point * count + i]) * dimensions;
  }
  // Points of all clouds in a chunk.
  HG_INLINE int64_t grain() const { return larger<int64_t>(1, 32768 / (count * dimensions + 1)); }
};

HG_INLINE float squared_distance(const float* a, const float* b, int64_t dimensions) {
  float sum = 0;
  int64_t d = 0;
  if (dimensions >= HG_LANES) {
    Floats sums = {};
    for (; d + HG_LANES <= dimensions; d += HG_LANES) {
      const Floats step = load(a + d) - load(b + d);
      sums += step * step;
    }
    sum = sum_of(sums);
  }
  for (; d < dimensions; d++) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

Pairs pairs_of(const Arguments& args, int at) {
  return Pairs{args.f32(at),    args.f32(at + 1), args.i32(at + 2), args.at(at + 3),
               args.at(at + 4), args.at(at + 5),  args.at(at + 6),  args.at(at + 7)};
}

// distances [batch, points, count], a, b, indices, batch, points, candidates, dimensions, count
HG_KERNEL(neighbour_distances) {
  float* distances = args.f32(0);
  const Pairs s = pairs_of(args, 1);
  if (const char* problem = s.check()) return problem;
  parallel_ranges(s.batch * s.points, s.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; point++)
      for (int64_t i = 0; i < s.count; i++)
        distances[point * s.count + i] = squared_distance(s.a + point * s.dimensions, s.other(point, i), s.dimensions);
  });
  return nullptr;
}

// da, db, dy [batch, points, count], a, b, indices, batch, points, candidates, dimensions, count
HG_KERNEL(neighbour_distances_gradient) {
  float *da = args.f32(0), *db = args.f32(1);
  const float* dy = args.f32(2);
  const Pairs s = pairs_of(args, 3);
  if (const char* problem = s.check()) return problem;
  const int64_t dimensions = s.dimensions;
  parallel_ranges(s.batch * s.points, s.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; point++) {
      float* to = da + point * dimensions;
      const float* own = s.a + point * dimensions;
      for (int64_t d = 0; d < dimensions; d++) to[d] = 0;
      for (int64_t i = 0; i < s.count; i++) {
        const float pull = 2 * dy[point * s.count + i];
        const float* other = s.other(point, i);
        for (int64_t d = 0; d < dimensions; d++) to[d] += pull * (own[d] - other[d]);
      }
    }
  });
  // by candidates: every part looks at all pairs of its cloud, in their order
  const int64_t pairs = s.points * s.count;
  const int64_t parts = s.batch >= 8 || pairs * dimensions < (1 << 15) ? 1 : smaller<int64_t>(8, s.candidates);
  const int64_t span = (s.candidates + parts - 1) / parts;
  parallel(s.batch * parts, [&](int64_t chunk) {
    const int64_t cloud = chunk / parts, low = smaller(s.candidates, chunk % parts * span);
    const int64_t rows = smaller(span, s.candidates - low);
    const int64_t first = (cloud * s.candidates + low) * dimensions;
    memset(db + first, 0, static_cast<size_t>(rows * dimensions) * 4);
    for (int64_t pair = 0; pair < pairs; pair++) {
      const int64_t at = s.indices[cloud * pairs + pair] - low;
      if (static_cast<uint64_t>(at) >= static_cast<uint64_t>(rows)) continue;
      const float pull = 2 * dy[cloud * pairs + pair];
      const float* point = s.a + (cloud * s.points + pair / s.count) * dimensions;
      const float* own = s.b + first + at * dimensions;
      float* to = db + first + at * dimensions;
      for (int64_t d = 0; d < dimensions; d++) to[d] += pull * (own[d] - point[d]);
    }
  });
  return nullptr;
}

HG_END
