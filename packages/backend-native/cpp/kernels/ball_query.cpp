// The first points of clouds that lie in balls.
#include "../geometry/clouds.h"

HG_BEGIN

constexpr int kVectors = 4, kUnit = kVectors * HG_LANES;

// The first points within a distance of one centre.
struct Query {
  const float *centre, *laid;
  int64_t padded, dimensions;
  float limit;  // squared
  int64_t count;
  int32_t* to;
  int64_t* found;

  template <int kDimensions>
  void run() const {
    int64_t taken = 0;
    for (int64_t begin = 0; begin < padded && taken < count; begin += kUnit) {
      Floats distances[1][kVectors];
      squared_distances<1, kVectors, kDimensions>(centre, laid + begin, padded, dimensions, distances);
      float values[kUnit];
      for (int v = 0; v < kVectors; v++) store(values + v * HG_LANES, distances[0][v]);
      if (!any_below<kUnit>(values, limit)) continue;
      for (int i = 0; i < kUnit && taken < count; i++)
        if (values[i] < limit) to[taken++] = static_cast<int32_t>(begin + i);
    }
    *found = taken;
  }
};

// indices int32 [batch, centres, count], centres [batch, centres, dimensions], points [batch, points, dimensions], batch, centres,
// points, dimensions (at least 1), radius, count, whether the first point found fills up (else -1)
HG_KERNEL(ball_query) {
  int32_t* indices = args.i32(0);
  const float *centres = args.f32(1), *points = args.f32(2);
  const int64_t batch = args.at(3), rows = args.at(4), size = args.at(5), dimensions = args.at(6), count = args.at(8);
  const float limit = static_cast<float>(args.number(7) * args.number(7));
  const bool repeat = args.flag(9);
  const int64_t padded = padded_to(size, kUnit);
  const float* laid = lay_out_all(points, batch, size, padded, dimensions, 0);
  if (laid == nullptr) return "out of memory";
  parallel_ranges(batch * rows, larger<int64_t>(1, 100000 / (padded * dimensions + count)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      int32_t* to = indices + row * count;
      int64_t found = 0;
      with_dimensions(dimensions, Query{centres + row * dimensions, laid + row / rows * dimensions * padded, padded, dimensions,
                                        limit, count, to, &found});
      const int32_t filling = !repeat ? -1 : found > 0 ? to[0] : 0;
      for (int64_t i = found; i < count; i++) to[i] = filling;
    }
  });
  return nullptr;
}

HG_END
