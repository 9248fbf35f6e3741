// Samples of pictures and volumes, channels last, at the points of a grid, and their gradients. A point reads one, two or four elements
// along each axis; a picture is a volume of one layer, of which every point reads just that.
#include "../simd/math.h"

HG_BEGIN

enum Mode { kBilinear = 0, kNearest = 1, kBicubic = 2 };
enum Padding { kZeros = 0, kBorder = 1, kReflection = 2 };

constexpr int kMostTaps = 4;
// along all axes: 2³ or 4²
constexpr int kMostReads = 16;

// What a point reads along one axis: elements, their weights, and how those change with the coordinate.
struct Taps {
  int count;
  int64_t at[kMostTaps];
  float weight[kMostTaps], slope[kMostTaps];
};

struct Axis {
  int64_t size;
  Mode mode;
  Padding padding;
  bool align_corners;

  HG_INLINE float last() const { return static_cast<float>(size - 1); }

  // The position brought into the input, and its derivative, which is 0 where that moved it to the border or found it there.
  float settled(float at, float* slope) const {
    *slope = 1;
    if (padding == kZeros) return at;
    if (padding == kReflection) {
      const float low = align_corners ? 0.0f : -0.5f;
      const float span = align_corners ? last() : static_cast<float>(size);
      if (span == 0) {
        *slope = 0;
        return 0;
      }
      const float offset = at - low, distance = abs(offset);
      const float flips = floor(distance / span);
      const float rest = distance - flips * span;
      const bool odd = flips - 2 * floor(flips / 2) != 0;
      *slope = odd == (offset < 0) ? 1.0f : -1.0f;
      at = (odd ? span - rest : rest) + low;
    }
    if (!(at > 0 && at < last())) *slope = 0;
    // comparisons let NaN through
    return at < 0 ? 0 : at > last() ? last() : at;
  }

  // Outside of the input a weight is 0, or NaN if it was.
  void add(Taps& taps, float at, float weight, float slope) const {
    const bool inside = at >= 0 && at <= last();
    const float share = inside ? 1.0f : 0.0f;
    taps.at[taps.count] = inside ? static_cast<int64_t>(at) : 0;
    taps.weight[taps.count] = weight * share;
    taps.slope[taps.count] = slope * share;
    taps.count++;
  }

  // How much a position changes with the coordinate.
  HG_INLINE float scale() const { return (align_corners ? last() : static_cast<float>(size)) / 2; }

  Taps taps_of(float coordinate) const {
    Taps taps;
    taps.count = 0;
    const float shifted = coordinate + 1;
    const float position = align_corners ? shifted * (last() / 2) : (shifted * static_cast<float>(size) - 1) / 2;
    float slope;
    if (mode == kBicubic) {
      constexpr float a = -0.75f;
      const float low = floor(position), t = position - low;
      for (int i = 0; i < 4; i++) {
        // the distance from the element, and its direction
        const float d = abs(t + 1 - static_cast<float>(i));
        const float sign = i < 2 ? 1.0f : -1.0f;
        const bool near = i == 1 || i == 2;
        const float weight = near ? ((a + 2) * d - (a + 3)) * d * d + 1 : (((d - 5) * d + 8) * d - 4) * a;
        const float change = near ? (3 * (a + 2) * d - 2 * (a + 3)) * d : ((3 * d - 10) * d + 8) * a;
        float unused;
        add(taps, settled(low + static_cast<float>(i - 1), &unused), weight, sign * change * scale());
      }
      return taps;
    }
    const float at = settled(position, &slope);
    slope *= scale();
    if (mode == kNearest) {
      add(taps, round(at), 1, 0);
    } else {
      const float low = floor(at), fraction = at - low;
      add(taps, low, 1 - fraction, -slope);
      add(taps, low + 1, fraction, slope);
    }
    return taps;
  }
};

struct Sampling {
  int64_t batch, channels, points;
  Axis axes[3];  // of depth, height, width
  int dimensions;

  // Arguments from `at` on: batch, depth, height, width, channels, points, dimensions, mode, padding, align_corners
  HG_INLINE Sampling(const Arguments& args, int at)
      : batch(args.at(at)), channels(args.at(at + 4)), points(args.at(at + 5)), dimensions(static_cast<int>(args.at(at + 6))) {
    for (int i = 0; i < 3; i++)
      axes[i] = {args.at(at + 1 + i), static_cast<Mode>(args.at(at + 7)), static_cast<Padding>(args.at(at + 8)),
                 args.flag(at + 9)};
  }

  // How many elements a point reads.
  HG_INLINE int64_t reads() const {
    const int64_t along = axes[0].mode == kNearest ? 1 : axes[0].mode == kBicubic ? 4 : 2;
    return dimensions == 2 ? along * along : along * along * along;
  }

  HG_INLINE int64_t elements() const { return axes[0].size * axes[1].size * axes[2].size; }

  // What a point reads along each axis; a grid has x first.
  HG_INLINE void taps_of(const float* coordinates, Taps* taps) const {
    for (int i = 0; i < 3; i++) {
      const int from = 2 - i;
      if (from < dimensions)
        taps[i] = axes[i].taps_of(coordinates[from]);
      else
        taps[i] = {1, {0}, {1}, {0}};
    }
  }
};

// The elements that a point reads, and their weights.
struct Reads {
  int count;
  int64_t element[kMostReads];
  float weight[kMostReads];

  Reads(const Sampling& s, const Taps* taps) : count(0) {
    for (int z = 0; z < taps[0].count; z++)
      for (int y = 0; y < taps[1].count; y++)
        for (int x = 0; x < taps[2].count; x++) {
          element[count] = (taps[0].at[z] * s.axes[1].size + taps[1].at[y]) * s.axes[2].size + taps[2].at[x];
          weight[count++] = taps[0].weight[z] * taps[1].weight[y] * taps[2].weight[x];
        }
  }
};

template <int kCount>
void mix(float* to, const float* from, const Reads& reads, int64_t channels) {
  const float* rows[kCount];
  for (int k = 0; k < kCount; k++) rows[k] = from + reads.element[k] * channels;
  int64_t j = 0;
  for (; j + HG_LANES <= channels; j += HG_LANES) {
    Floats sum = load(rows[0] + j) * reads.weight[0];
    for (int k = 1; k < kCount; k++) sum += load(rows[k] + j) * reads.weight[k];
    store(to + j, sum);
  }
  for (; j < channels; j++) {
    float sum = rows[0][j] * reads.weight[0];
    for (int k = 1; k < kCount; k++) sum += rows[k][j] * reads.weight[k];
    to[j] = sum;
  }
}

HG_INLINE float dot(const float* a, const float* b, int64_t count) {
  Floats sums{};
  int64_t j = 0;
  for (; j + HG_LANES <= count; j += HG_LANES) sums += load(a + j) * load(b + j);
  float sum = sum_of(sums);
  for (; j < count; j++) sum += a[j] * b[j];
  return sum;
}

// Points of one thread's turn.
HG_INLINE int64_t grain(const Sampling& s) { return larger<int64_t>(16, 16384 / (s.channels + 16)); }

// y, x, grid, then what a Sampling is made of
HG_KERNEL(grid_sample) {
  float* y = args.f32(0);
  const float *x = args.f32(1), *grid = args.f32(2);
  const Sampling s(args, 3);
  parallel_ranges(s.batch * s.points, grain(s), [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; point++) {
      Taps taps[3];
      s.taps_of(grid + point * s.dimensions, taps);
      const Reads reads(s, taps);
      const float* from = x + point / s.points * s.elements() * s.channels;
      float* to = y + point * s.channels;
      switch (reads.count) {
        case 1: mix<1>(to, from, reads, s.channels); break;
        case 4: mix<4>(to, from, reads, s.channels); break;
        case 8: mix<8>(to, from, reads, s.channels); break;
        default: mix<16>(to, from, reads, s.channels);
      }
    }
  });
  return nullptr;
}

// dgrid, x, grid, dy, then what a Sampling is made of
HG_KERNEL(grid_sample_grid_gradient) {
  float* dgrid = args.f32(0);
  const float *x = args.f32(1), *grid = args.f32(2), *dy = args.f32(3);
  const Sampling s(args, 4);
  parallel_ranges(s.batch * s.points, grain(s), [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; point++) {
      Taps taps[3];
      s.taps_of(grid + point * s.dimensions, taps);
      const Reads reads(s, taps);
      const float* from = x + point / s.points * s.elements() * s.channels;
      float gradient[3] = {};
      int k = 0;
      for (int i = 0; i < taps[0].count; i++)
        for (int j = 0; j < taps[1].count; j++)
          for (int l = 0; l < taps[2].count; l++, k++) {
            const float along = dot(dy + point * s.channels, from + reads.element[k] * s.channels, s.channels);
            const float z = taps[0].weight[i], y = taps[1].weight[j], w = taps[2].weight[l];
            gradient[0] += along * (z * y * taps[2].slope[l]);
            gradient[1] += along * (z * taps[1].slope[j] * w);
            gradient[2] += along * (taps[0].slope[i] * y * w);
          }
      for (int i = 0; i < s.dimensions; i++) dgrid[point * s.dimensions + i] = gradient[i];
    }
  });
  return nullptr;
}

// Adds the weighted channels `first` … `first + width - 1` of a point's gradient to those of the elements low … high - 1 that it reads.
HG_INLINE void add_reads(float* dx, const float* dy, const int64_t* elements, const float* weights, int64_t count,
                         int64_t low, int64_t high, int64_t channels, int64_t first, int64_t width) {
  const float* __restrict from = dy + first;
  for (int64_t k = 0; k < count; k++) {
    if (elements[k] < low || elements[k] >= high) continue;
    const float weight = weights[k];
    float* __restrict row = dx + elements[k] * channels + first;
    for (int64_t j = 0; j < width; j++) row[j] += weight * from[j];
  }
}

// dx, grid, dy, then what a Sampling is made of
//
// A thread has some channels of a picture, or of a band of its elements, to itself, so that each sum is taken in the order of the points.
HG_KERNEL(grid_sample_input_gradient) {
  float* dx = args.f32(0);
  const float *grid = args.f32(1), *dy = args.f32(2);
  const Sampling s(args, 3);
  constexpr int64_t kWidth = 64, kParts = 8;
  const int64_t elements = s.elements(), channels = s.channels;
  const int64_t columns = (channels + kWidth - 1) / kWidth;
  const int64_t pieces = s.batch * columns;
  if (pieces >= kParts || s.points < 1024) {
    parallel(pieces, [&](int64_t piece) {
      const int64_t entry = piece / columns, first = piece % columns * kWidth, width = smaller(kWidth, channels - first);
      float* to = dx + entry * elements * channels;
      for (int64_t element = 0; element < elements; element++)
        memset(to + element * channels + first, 0, static_cast<size_t>(width) * 4);
      for (int64_t point = entry * s.points; point < (entry + 1) * s.points; point++) {
        Taps taps[3];
        s.taps_of(grid + point * s.dimensions, taps);
        const Reads reads(s, taps);
        add_reads(to, dy + point * channels, reads.element, reads.weight, reads.count, 0, elements, channels, first, width);
      }
    });
    return nullptr;
  }
  // few pictures of few channels are cut into bands, for each of which all reads are gone through
  const int64_t count = s.reads(), total = s.batch * s.points * count;
  auto* memory = static_cast<uint8_t*>(scratch(0, static_cast<size_t>(total) * 12));
  if (memory == nullptr) return "out of memory";
  auto* read = reinterpret_cast<int64_t*>(memory);
  auto* weights = reinterpret_cast<float*>(memory + total * 8);
  parallel_ranges(s.batch * s.points, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; point++) {
      Taps taps[3];
      s.taps_of(grid + point * s.dimensions, taps);
      const Reads reads(s, taps);
      memcpy(read + point * count, reads.element, static_cast<size_t>(count) * 8);
      memcpy(weights + point * count, reads.weight, static_cast<size_t>(count) * 4);
    }
  });
  const int64_t wanted = kParts / pieces;
  const int64_t span = (elements + wanted - 1) / wanted;
  const int64_t bands = (elements + span - 1) / span;
  parallel(pieces * bands, [&](int64_t part) {
    const int64_t entry = part / bands / columns, low = part % bands * span, high = smaller(elements, low + span);
    const int64_t first = part / bands % columns * kWidth, width = smaller(kWidth, channels - first);
    float* to = dx + entry * elements * channels;
    for (int64_t element = low; element < high; element++)
      memset(to + element * channels + first, 0, static_cast<size_t>(width) * 4);
    for (int64_t point = entry * s.points; point < (entry + 1) * s.points; point++)
      add_reads(to, dy + point * channels, read + point * count, weights + point * count, count, low, high, channels, first, width);
  });
  return nullptr;
}

HG_END
