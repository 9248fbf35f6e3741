// Vector quantisation: the nearest row of a codebook, by x · c - |c|² / 2, which is largest where the distance is smallest. Products come in
// tiles, as in a product of matrices; of each tile only the best code of every row is kept.
#include "../linalg/pack.h"

HG_BEGIN

constexpr int kSlotForRows = 6, kSlotForCodes = 7;
// Rows that are multiplied with one panel of codes before the next, in tiles.
constexpr int64_t kTilesAtOnce = 8;

HG_INLINE int64_t panels_of(int64_t columns) { return (columns + kTileColumns - 1) / kTileColumns; }

float square_of(const float* row, int64_t width) {
  Floats sums = {};
  int64_t i = 0;
  for (; i + HG_LANES <= width; i += HG_LANES) sums += load(row + i) * load(row + i);
  if (i < width) {
    const Floats rest = load_some(row + i, width - i);
    sums += rest * rest;
  }
  return sum_of(sums);
}

// The best so far of each row, in every lane.
struct Best {
  Floats score;
  Ints code;
};

// nearest int32 [rows], x [rows, width], codebook [codes, width], rows, codes (at least 1), width (at least 1)
HG_KERNEL(nearest_codes) {
  int32_t* nearest = args.i32(0);
  const float *x = args.f32(1), *codebook = args.f32(2);
  const int64_t rows = args.at(3), codes = args.at(4), width = args.at(5);
  const int64_t panels = panels_of(codes), padded = panels * kTileColumns;
  float* packed = static_cast<float*>(scratch(kSlotForCodes, static_cast<size_t>(padded * (width + 1)) * 4));
  if (packed == nullptr) return "out of memory";
  // codes of the padding are infinitely bad
  float* halves = packed + padded * width;
  parallel_ranges(panels, larger<int64_t>(1, 32768 / (width * kTileColumns)), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++) {
      const int64_t first = panel * kTileColumns;
      pack_panel(Matrix{codebook + first * width, width, true}, smaller<int64_t>(kTileColumns, codes - first), width,
                 packed + first * width);
      for (int64_t code = first; code < first + kTileColumns; code++)
        halves[code] = code < codes ? -0.5f * square_of(codebook + code * width, width) : -__builtin_inff();
    }
  });
  Ints lanes;
  for (int i = 0; i < HG_LANES; i++) lanes[i] = i;
  const int64_t stride = row_stride_for(width);
  const int64_t tiles = (rows + kTileRows - 1) / kTileRows;
  // so many that threads share them evenly, each with work enough
  const int64_t tiles_at_once =
      larger<int64_t>(1, smaller(kTilesAtOnce, larger<int64_t>(tiles / 16, (1 << 18) / (kTileRows * padded * width))));
  int failed = 0;
  parallel_ranges(tiles, tiles_at_once, [&](int64_t begin, int64_t end) {
    constexpr int64_t most = kTilesAtOnce * kTileRows;
    float* copy = static_cast<float*>(scratch(kSlotForRows, static_cast<size_t>(most * stride + HG_LANES) * 4));
    if (copy == nullptr) {
      __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
      return;
    }
    Best best[most];
    float scores[kTileRows * kTileColumns];
    const int64_t first = begin * kTileRows, count = smaller(rows, end * kTileRows) - first;
    pack_rows(x + first * width, width, count, width, copy, stride);
    for (int64_t row = 0; row < count; row++) best[row] = Best{splat(-__builtin_inff()), Ints{}};
    for (int64_t panel = 0; panel < panels; panel++) {
      const int64_t column = panel * kTileColumns;
      const int vectors = vectors_for(smaller<int64_t>(kTileColumns, codes - column));
      for (int64_t row = 0; row < count; row += kTileRows) {
        const int64_t height = smaller<int64_t>(kTileRows, count - row);
        tile_any(height, AnyRows{copy + row * stride, stride}, packed + column * width, vectors * HG_LANES, width, scores,
                 kTileColumns, vectors * HG_LANES, false, nullptr);
        for (int v = 0; v < vectors; v++) {
          const Floats half = load(halves + column + v * HG_LANES);
          const Ints code = lanes + static_cast<int32_t>(column + v * HG_LANES);
          for (int64_t i = 0; i < height; i++) {
            const Floats score = load(scores + i * kTileColumns + v * HG_LANES) + half;
            Best& own = best[row + i];
            const auto better = score > own.score;
            own.score = better ? score : own.score;
            own.code = better ? code : own.code;
          }
        }
      }
    }
    for (int64_t row = 0; row < count; row++) {
      float score = best[row].score[0];
      int32_t code = best[row].code[0];
      for (int i = 1; i < HG_LANES; i++) {
        if (best[row].score[i] < score || (best[row].score[i] == score && best[row].code[i] >= code)) continue;
        score = best[row].score[i];
        code = best[row].code[i];
      }
      nearest[first + row] = code;
    }
  });
  return failed ? "out of memory" : nullptr;
}

HG_END
