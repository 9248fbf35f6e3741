// Farthest point sampling.
#include "../geometry/clouds.h"

HG_BEGIN

// Points that a thread looks at in a round; a cloud of fewer is one thread's.
constexpr int64_t kPart = 16384;

struct Farthest {
  float distance;
  int32_t index;
};

// A cloud being sampled.
struct Round {
  const float *point, *laid;  // the point that was chosen last; the cloud laid out
  int64_t padded, dimensions;
  float* nearest;   // [padded]: of each point to those chosen; -1 beyond the last point
  Farthest* found;  // of each part

  template <int kDimensions>
  void run() const {
    parallel_ranges(padded, kPart, [&](int64_t begin, int64_t end) { found[begin / kPart] = part<kDimensions>(begin, end); });
  }

  template <int kDimensions>
  Farthest part(int64_t begin, int64_t end) const {
    Ints index, best = {};
    for (int i = 0; i < HG_LANES; i++) index[i] = static_cast<int32_t>(begin) + i;
    Floats most = splat(-1.0f);
    for (int64_t i = begin; i < end; i += HG_LANES, index += HG_LANES) {
      Floats distance[1][1];
      squared_distances<1, 1, kDimensions>(point, laid + i, padded, dimensions, distance);
      const Floats before = load(nearest + i);
      const Floats now = distance[0][0] < before ? distance[0][0] : before;
      store(nearest + i, now);
      const auto farther = now > most;
      most = farther ? now : most;
      best = farther ? index : best;
    }
    Farthest farthest = {most[0], best[0]};
    for (int i = 1; i < HG_LANES; i++)
      if (most[i] > farthest.distance || (most[i] == farthest.distance && best[i] < farthest.index))
        farthest = Farthest{most[i], best[i]};
    return farthest;
  }
};

// chosen int32 [batch, count], x [batch, points, dimensions], start int32 [batch], batch, points (at least 1), dimensions (at least 1),
// count (at least 1)
HG_KERNEL(farthest_points) {
  int32_t* chosen = args.i32(0);
  const float* x = args.f32(1);
  const int32_t* start = args.i32(2);
  const int64_t batch = args.at(3), points = args.at(4), dimensions = args.at(5), count = args.at(6);
  for (int64_t i = 0; i < batch; i++)
    if (start[i] < 0 || start[i] >= points) return "farthest points: a cloud has no point of the number that it is to begin with";
  const int64_t padded = padded_to(points, HG_LANES), parts = (padded + kPart - 1) / kPart;
  const float* laid = lay_out_all(x, batch, points, padded, dimensions, 0);
  float* all_nearest = static_cast<float*>(scratch(1, static_cast<size_t>(batch * padded + 1) * 4));
  Farthest* all_found = static_cast<Farthest*>(scratch(2, static_cast<size_t>(batch * parts + 1) * sizeof(Farthest)));
  if (laid == nullptr || all_nearest == nullptr || all_found == nullptr) return "out of memory";
  parallel_ranges(batch, larger<int64_t>(1, 65536 / (padded * dimensions * count)), [&](int64_t begin, int64_t end) {
    for (int64_t cloud = begin; cloud < end; cloud++) {
      int32_t* to = chosen + cloud * count;
      float* nearest = all_nearest + cloud * padded;
      Farthest* found = all_found + cloud * parts;
      for (int64_t i = 0; i < padded; i++) nearest[i] = i < points ? __builtin_inff() : -1.0f;
      to[0] = start[cloud];
      for (int64_t i = 1; i < count; i++) {
        const float* last = x + (cloud * points + to[i - 1]) * dimensions;
        with_dimensions(dimensions, Round{last, laid + cloud * dimensions * padded, padded, dimensions, nearest, found});
        Farthest farthest = found[0];
        for (int64_t part = 1; part < parts; part++)
          if (found[part].distance > farthest.distance) farthest = found[part];
        to[i] = farthest.index;
      }
    }
  });
  return nullptr;
}

HG_END
