// Sparse linear maps along the two axes of pictures: interpolation of every kind, its gradient, means over uneven windows.
#include "../simd/simd.h"

HG_BEGIN

// One axis: output o is the sum over t < counts[o] of weights[o·width + t] · input[first[o] + t].
struct AxisMap {
  int64_t input, output, width;
  const int32_t *first, *counts;
  const float* weights;
  bool copies;  // every output is one input as it is

  static AxisMap read(const Arguments& args, int i) {
    AxisMap map{args.at(i), args.at(i + 1), args.at(i + 2), args.i32(i + 3), args.i32(i + 4), args.f32(i + 5), true};
    for (int64_t o = 0; o < map.output && map.copies; o++)
      map.copies = map.counts[o] == 1 && map.weights[o * map.width] == 1;
    return map;
  }
};

// to[i] = Σ_t weights[t] · from[t·step + i] for i < count
HG_INLINE void weighted(const float* from, int64_t step, const float* weights, int64_t taps, int64_t count, float* to) {
  if (taps == 1) {
    const float a = weights[0];
    for (int64_t i = 0; i < count; i++) to[i] = from[i] * a;
  } else if (taps == 2) {
    const float a = weights[0], b = weights[1];
    const float* next = from + step;
    for (int64_t i = 0; i < count; i++) to[i] = from[i] * a + next[i] * b;
  } else if (taps == 4) {
    const float a = weights[0], b = weights[1], c = weights[2], d = weights[3];
    const float *second = from + step, *third = second + step, *fourth = third + step;
    for (int64_t i = 0; i < count; i++) to[i] = (from[i] * a + second[i] * b) + (third[i] * c + fourth[i] * d);
  } else if (taps == 0) {
    for (int64_t i = 0; i < count; i++) to[i] = 0;
  } else {
    const float a = weights[0], b = weights[1], c = weights[2];
    const float *second = from + step, *third = second + step;
    for (int64_t i = 0; i < count; i++) to[i] = from[i] * a + second[i] * b + third[i] * c;
    for (int64_t t = 3; t < taps; t++) {
      const float w = weights[t];
      const float* other = from + t * step;
      for (int64_t i = 0; i < count; i++) to[i] += other[i] * w;
    }
  }
}

// A row of pixels of `channels` numbers each, with fewer than a vector holds.
template <int kChannels>
HG_INLINE void narrow_row(const float* from, const AxisMap& map, int64_t channels, float* to) {
  const int64_t n = kChannels > 0 ? kChannels : channels;
  for (int64_t o = 0; o < map.output; o++, to += n) {
    const float* pixel = from + map.first[o] * n;
    const float* weights = map.weights + o * map.width;
    const int64_t taps = map.counts[o];
    float sum[16] = {};
    for (int64_t t = 0; t < taps; t++)
      for (int64_t c = 0; c < n; c++) sum[c] += pixel[t * n + c] * weights[t];
    for (int64_t c = 0; c < n; c++) to[c] = sum[c];
  }
}

HG_INLINE void along_row(const float* from, const AxisMap& map, int64_t channels, float* to) {
  if (map.copies) {
    for (int64_t o = 0; o < map.output; o++) {
      const float* pixel = from + map.first[o] * channels;
      for (int64_t c = 0; c < channels; c++) to[o * channels + c] = pixel[c];
    }
  } else if (channels == 1) {
    narrow_row<1>(from, map, channels, to);
  } else if (channels == 2) {
    narrow_row<2>(from, map, channels, to);
  } else if (channels == 3) {
    narrow_row<3>(from, map, channels, to);
  } else if (channels < 16) {
    narrow_row<0>(from, map, channels, to);
  } else {
    for (int64_t o = 0; o < map.output; o++)
      weighted(from + map.first[o] * channels, channels, map.weights + o * map.width, map.counts[o], channels,
               to + o * channels);
  }
}

// x, y, batch, channels, and for rows and columns each: input, output, width, first (int32), counts (int32), weights.
// Each row of the input is mapped along its length when a row of the output first needs it.
HG_KERNEL(resample) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t batch = args.at(2), channels = args.at(3);
  const AxisMap rows = AxisMap::read(args, 4), columns = AxisMap::read(args, 10);
  if (batch * channels * rows.output * columns.output == 0) return nullptr;
  const int64_t from_row = columns.input * channels, to_row = columns.output * channels;
  bool same = columns.copies && columns.input == columns.output;
  for (int64_t o = 0; same && o < columns.output; o++) same = columns.first[o] == o;
  // neighbouring rows share rows of the input, which chunks do twice at their borders
  const int64_t band = larger<int64_t>((1 << 16) / larger<int64_t>(1, to_row), 8);
  const int64_t bands = (rows.output + band - 1) / band;
  volatile bool full = false;
  parallel(batch * bands, [&](int64_t chunk) {
    const int64_t n = chunk / bands;
    const int64_t begin = chunk % bands * band, end = smaller(begin + band, rows.output);
    const float* picture = x + n * rows.input * from_row;
    // the newest mapped rows stand one behind another, so that those of one output row are neighbours
    const int64_t room = 2 * rows.width + 6;
    float* mapped = nullptr;
    if (!same && !rows.copies) {
      mapped = static_cast<float*>(scratch(1, static_cast<size_t>(room * to_row) * 4));
      if (mapped == nullptr) {
        full = true;
        return;
      }
    }
    int64_t held_from = 0, held_to = 0;  // rows [held_from, held_to) of the input are in `mapped`
    for (int64_t o = begin; o < end; o++) {
      float* to = y + (n * rows.output + o) * to_row;
      const int64_t first = rows.first[o], taps = rows.counts[o];
      if (rows.copies) {
        if (o > begin && rows.first[o - 1] == first)
          memcpy(to, to - to_row, static_cast<size_t>(to_row) * 4);
        else if (same)
          memcpy(to, picture + first * from_row, static_cast<size_t>(to_row) * 4);
        else
          along_row(picture + first * from_row, columns, channels, to);
        continue;
      }
      const float* source = picture + first * from_row;
      if (!same) {
        if (first < held_from || first >= held_to) {
          held_from = held_to = first;
        } else if (first + taps > held_from + room) {
          memmove(mapped, mapped + (first - held_from) * to_row, static_cast<size_t>((held_to - first) * to_row) * 4);
          held_from = first;
        }
        for (; held_to < first + taps; held_to++)
          along_row(picture + held_to * from_row, columns, channels, mapped + (held_to - held_from) * to_row);
        source = mapped + (first - held_from) * to_row;
      }
      weighted(source, to_row, rows.weights + o * rows.width, taps, to_row, to);
    }
  });
  return full ? "out of memory" : nullptr;
}

HG_END
