// Means over windows of [batch, depth, height, width, channels] and their gradient.
#include "../pooling/windows.h"

HG_BEGIN

// What divides the sum of a window.
enum Divisor { kElements = 0, kElementsAndPadding = 1, kNothing = 2 };

// The share of one element in window o along an axis. Padding counts as far as the same lies on the other side of the input.
HG_INLINE float share(const PoolAxis& axis, int64_t o, int64_t divisor) {
  if (divisor == kNothing) return 1;
  if (divisor == kElements || axis.stride == 0) return 1.0f / static_cast<float>(axis.stop(o) - axis.start(o));
  return 1.0f / static_cast<float>(smaller(axis.origin(o) + axis.size, axis.input + axis.before) - axis.origin(o));
}

// N vectors of channels; sums of rows are summed, for the rounding errors of large windows.
template <int N>
HG_INLINE void mean(const float* x, int64_t slices, int64_t slice, int64_t rows, int64_t row, int64_t pixels, int64_t pixel,
                    float scale, float* y) {
  Floats sum[N] = {};
  for (int64_t d = 0; d < slices; d++)
    for (int64_t h = 0; h < rows; h++) {
      const float* from = x + d * slice + h * row;
      Floats part[N] = {};
      for (int64_t w = 0; w < pixels; w++, from += pixel)
        for (int i = 0; i < N; i++) part[i] += load(from + i * HG_LANES);
      for (int i = 0; i < N; i++) sum[i] += part[i];
    }
  for (int i = 0; i < N; i++) store(y + i * HG_LANES, sum[i] * scale);
}

// x, y, what divides (see Divisor), a factor, pool (20 numbers: see Pool::read)
HG_KERNEL(average_pool) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t divisor = args.at(2);
  const float factor = static_cast<float>(args.number(3));
  const Pool pool = Pool::read(args, 4);
  if (pool.empty()) return nullptr;
  const PoolAxis &deep = pool.depth, &tall = pool.height, &wide = pool.width;
  const int64_t channels = pool.channels;
  const int64_t row = wide.input * channels, slice = tall.input * row;
  const int64_t rows = pool.batch * deep.output * tall.output;
  // means over whole pictures have few rows, so that channels are split too
  const int64_t group = rows < 16 ? 4 * HG_LANES : channels;
  const int64_t groups = (channels + group - 1) / group;
  const int64_t work = wide.output * smaller(group, channels) * longest(deep) * longest(tall) * longest(wide);
  parallel_ranges(rows * groups, (1 << 17) / larger<int64_t>(work, 1), [=](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t at = item / groups;
      const int64_t c0 = item % groups * group, c1 = smaller(c0 + group, channels);
      const int64_t oh = at % tall.output, od = at / tall.output % deep.output, n = at / tall.output / deep.output;
      const int64_t d = deep.start(od), h = tall.start(oh);
      const int64_t slices = deep.stop(od) - d, lines = tall.stop(oh) - h;
      const float scale = factor * share(deep, od, divisor) * share(tall, oh, divisor);
      for (int64_t ow = 0; ow < wide.output; ow++) {
        const int64_t w = wide.start(ow), pixels = wide.stop(ow) - w;
        const float* from = x + (n * deep.input + d) * slice + h * row + w * channels;
        float* to = y + (at * wide.output + ow) * channels;
        const float weight = scale * share(wide, ow, divisor);
        int64_t c = c0;
        for (; c + 4 * HG_LANES <= c1; c += 4 * HG_LANES)
          mean<4>(from + c, slices, slice, lines, row, pixels, channels, weight, to + c);
        for (; c + HG_LANES <= c1; c += HG_LANES)
          mean<1>(from + c, slices, slice, lines, row, pixels, channels, weight, to + c);
        for (; c < c1; c++) {
          float sum = 0;
          for (int64_t i = 0; i < slices; i++)
            for (int64_t j = 0; j < lines; j++) {
              float part = 0;
              for (int64_t k = 0; k < pixels; k++) part += from[i * slice + j * row + k * channels + c];
              sum += part;
            }
          to[c] = sum * weight;
        }
      }
    }
  });
  return nullptr;
}

// The windows over each element of an axis, from `first` to below `stop`, and the share of an element in each window.
struct Covers {
  int64_t *first, *stop;
  float* shares;
};

HG_INLINE Covers covers_of(const PoolAxis& axis, int64_t divisor, int64_t* memory) {
  Covers covers{memory, memory + axis.input, reinterpret_cast<float*>(memory + 2 * axis.input)};
  for (int64_t i = 0; i < axis.input; i++) covers.first[i] = covers.stop[i] = 0;
  for (int64_t o = 0; o < axis.output; o++) {
    for (int64_t i = axis.start(o); i < axis.stop(o); i++) {
      if (covers.stop[i] == 0) covers.first[i] = o;
      covers.stop[i] = o + 1;
    }
    covers.shares[o] = share(axis, o, divisor);
  }
  return covers;
}

// dy, dx, what divides (see Divisor), a factor, pool
HG_KERNEL(average_pool_gradient) {
  const float* dy = args.f32(0);
  float* dx = args.f32(1);
  const int64_t divisor = args.at(2);
  const float factor = static_cast<float>(args.number(3));
  const Pool pool = Pool::read(args, 4);
  const int64_t channels = pool.channels;
  if (pool.batch * pool.plane() * channels == 0) return nullptr;
  const PoolAxis &deep = pool.depth, &tall = pool.height, &wide = pool.width;
  const auto needed = [](const PoolAxis& axis) { return 2 * axis.input + axis.output; };
  int64_t* memory = static_cast<int64_t*>(scratch(0, static_cast<size_t>(needed(deep) + needed(tall) + needed(wide)) * 8));
  if (memory == nullptr) return "out of memory";
  const Covers depths = covers_of(deep, divisor, memory);
  const Covers rows = covers_of(tall, divisor, memory + needed(deep));
  const Covers columns = covers_of(wide, divisor, memory + needed(deep) + needed(tall));
  parallel_ranges(
      pool.batch * deep.input * tall.input, (1 << 15) / larger<int64_t>(wide.input * channels, 1), [=](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) {
          const int64_t h = row % tall.input, d = row / tall.input % deep.input, n = row / tall.input / deep.input;
          for (int64_t w = 0; w < wide.input; w++) {
            float* to = dx + (row * wide.input + w) * channels;
            bool fresh = true;
            for (int64_t od = depths.first[d]; od < depths.stop[d]; od++)
              for (int64_t oh = rows.first[h]; oh < rows.stop[h]; oh++)
                for (int64_t ow = columns.first[w]; ow < columns.stop[w]; ow++) {
                  const float* from = dy + (((n * deep.output + od) * tall.output + oh) * wide.output + ow) * channels;
                  const float scale = factor * depths.shares[od] * rows.shares[oh] * columns.shares[ow];
                  if (fresh)
                    for (int64_t c = 0; c < channels; c++) to[c] = from[c] * scale;
                  else
                    for (int64_t c = 0; c < channels; c++) to[c] += from[c] * scale;
                  fresh = false;
                }
            if (fresh) memset(to, 0, static_cast<size_t>(channels) * 4);
          }
        }
      });
  return nullptr;
}

HG_END
