// Pictures cut into (overlapping) blocks, and blocks added up to pictures.
#include "../simd/simd.h"

HG_BEGIN

// Blocks along one axis: block o reads o·stride - before + t·dilation for t < kernel.
struct BlockAxis {
  int64_t size, count, kernel, stride, before, dilation;
};

struct Blocks {
  int64_t batch, channels;
  BlockAxis rows, columns;

  static HG_INLINE Blocks read(const Arguments& args, int i) {
    const auto axis = [&](int at) {
      return BlockAxis{args.at(at), args.at(at + 1), args.at(at + 2), args.at(at + 3), args.at(at + 4), args.at(at + 5)};
    };
    return Blocks{args.at(i), args.at(i + 1), axis(i + 2), axis(i + 8)};
  }
  HG_INLINE int64_t taps() const { return rows.kernel * columns.kernel; }
};

// x [batch, rows, columns, channels], y [batch, blocks, channels · taps], then batch, channels, and of rows and columns each
// size, count, kernel, stride, before, dilation. Of a block, all of the first channel comes before the second.
HG_KERNEL(unfold) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const Blocks blocks = Blocks::read(args, 2);
  const BlockAxis &rows = blocks.rows, &columns = blocks.columns;
  const int64_t channels = blocks.channels, taps = blocks.taps();
  const int64_t work = columns.count * channels * taps;
  parallel_ranges(blocks.batch * rows.count, (1 << 14) / larger<int64_t>(work, 1), [=](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; line++) {
      const int64_t n = line / rows.count, top = line % rows.count * rows.stride - rows.before;
      for (int64_t o = 0; o < columns.count; o++) {
        float* to = y + (line * columns.count + o) * channels * taps;
        const int64_t left = o * columns.stride - columns.before;
        for (int64_t i = 0; i < rows.kernel; i++) {
          const int64_t h = top + i * rows.dilation;
          for (int64_t j = 0; j < columns.kernel; j++) {
            const int64_t w = left + j * columns.dilation;
            float* tap = to + i * columns.kernel + j;
            if (h < 0 || h >= rows.size || w < 0 || w >= columns.size) {
              for (int64_t c = 0; c < channels; c++) tap[c * taps] = 0;
              continue;
            }
            const float* from = x + ((n * rows.size + h) * columns.size + w) * channels;
            for (int64_t c = 0; c < channels; c++) tap[c * taps] = from[c];
          }
        }
      }
    }
  });
  return nullptr;
}

// x [batch, blocks, channels · taps], y [batch, rows, columns, channels], then as for unfold, whose transpose it is. Each
// element of the picture collects what lies on it.
HG_KERNEL(fold) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const Blocks blocks = Blocks::read(args, 2);
  const BlockAxis &rows = blocks.rows, &columns = blocks.columns;
  const int64_t channels = blocks.channels, taps = blocks.taps();
  const int64_t work = columns.size * channels * larger<int64_t>(1, taps / (rows.stride * columns.stride));
  parallel_ranges(blocks.batch * rows.size, (1 << 14) / larger<int64_t>(work, 1), [=](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; line++) {
      const int64_t n = line / rows.size, h = line % rows.size;
      for (int64_t w = 0; w < columns.size; w++) {
        float* to = y + (line * columns.size + w) * channels;
        memset(to, 0, static_cast<size_t>(channels) * 4);
        for (int64_t i = 0; i < rows.kernel; i++) {
          const int64_t down = h + rows.before - i * rows.dilation;
          if (down < 0 || down % rows.stride != 0 || down / rows.stride >= rows.count) continue;
          for (int64_t j = 0; j < columns.kernel; j++) {
            const int64_t across = w + columns.before - j * columns.dilation;
            if (across < 0 || across % columns.stride != 0 || across / columns.stride >= columns.count) continue;
            const int64_t block = (n * rows.count + down / rows.stride) * columns.count + across / columns.stride;
            const float* from = x + block * channels * taps + i * columns.kernel + j;
            for (int64_t c = 0; c < channels; c++) to[c] += from[c * taps];
          }
        }
      }
    }
  });
  return nullptr;
}

HG_END
