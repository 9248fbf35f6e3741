// Copies of matrices in the order in which tiles read them: see tile.h.
#pragma once
#include "tile.h"

namespace hourglass {
namespace HG_NAMESPACE {

// A matrix in memory: element (i, j) at at[i * stride + j], or at at[j * stride + i] if it is `transposed`.
struct Matrix {
  const float* at;
  int64_t stride;
  bool transposed;
  HG_INLINE const float* element(int64_t i, int64_t j) const { return at + (transposed ? j * stride + i : i * stride + j); }
  HG_INLINE Matrix from(int64_t i, int64_t j) const { return Matrix{element(i, j), stride, transposed}; }
};

template <int DISTANCE>
HG_INLINE void exchange(Floats& a, Floats& b) {
  // lanes with bit DISTANCE clear: a keeps, b gets a's next; set: a gets b's before, b keeps
#define HG_LOW(l) (((l) & DISTANCE) == 0 ? (l) : (l) - DISTANCE + HG_LANES)
#define HG_HIGH(l) (((l) & DISTANCE) == 0 ? (l) + DISTANCE : (l) + HG_LANES)
#define HG_4(f, l) f(l), f((l) + 1), f((l) + 2), f((l) + 3)
#if HG_LANES == 16
#define HG_ALL(f) HG_4(f, 0), HG_4(f, 4), HG_4(f, 8), HG_4(f, 12)
#elif HG_LANES == 8
#define HG_ALL(f) HG_4(f, 0), HG_4(f, 4)
#else
#define HG_ALL(f) HG_4(f, 0)
#endif
  const Floats low = __builtin_shufflevector(a, b, HG_ALL(HG_LOW));
  const Floats high = __builtin_shufflevector(a, b, HG_ALL(HG_HIGH));
  a = low;
  b = high;
#undef HG_LOW
#undef HG_HIGH
#undef HG_4
#undef HG_ALL
}

template <int DISTANCE>
HG_INLINE void exchange_rows(Floats (&rows)[HG_LANES]) {
#pragma GCC unroll 16
  for (int i = 0; i < HG_LANES; i++)
    if ((i & DISTANCE) == 0) exchange<DISTANCE>(rows[i], rows[i + DISTANCE]);
}

// HG_LANES x HG_LANES numbers turned over in registers.
HG_INLINE void turn_over(Floats (&rows)[HG_LANES]) {
#if HG_LANES >= 16
  exchange_rows<8>(rows);
#endif
#if HG_LANES >= 8
  exchange_rows<4>(rows);
#endif
  exchange_rows<2>(rows);
  exchange_rows<1>(rows);
}

// to[k * to_stride + i] = from[i * stride + k] for i < HG_LANES and k < depth; zeros for i >= rows.
inline __attribute__((noinline)) void pack_turned(const float* from, int64_t stride, int64_t rows, int64_t depth, float* to,
                                           int64_t to_stride) {
  int64_t k = 0;
  if (rows >= HG_LANES) {
    for (; k + HG_LANES <= depth; k += HG_LANES) {
      Floats block[HG_LANES];
#pragma GCC unroll 16
      for (int i = 0; i < HG_LANES; i++) block[i] = load(from + i * stride + k);
      turn_over(block);
#pragma GCC unroll 16
      for (int i = 0; i < HG_LANES; i++) store(to + (k + i) * to_stride, block[i]);
    }
  }
  for (; k < depth; k += HG_LANES) {
    Floats block[HG_LANES];
    const int64_t left = smaller<int64_t>(depth - k, HG_LANES);
#pragma GCC unroll 16
    for (int i = 0; i < HG_LANES; i++) {
      block[i] = Floats{};
      if (i < rows) block[i] = left >= HG_LANES ? load(from + i * stride + k) : load_some(from + i * stride + k, left);
    }
    turn_over(block);
#pragma GCC unroll 16
    for (int i = 0; i < HG_LANES; i++)
      if (i < left) store(to + (k + i) * to_stride, block[i]);
  }
}

// Columns 0 … columns - 1 (at most kTileColumns) and rows 0 … depth - 1 of b to [depth][vectors_for(columns) * HG_LANES],
// filled up with zeros.
inline __attribute__((noinline)) void pack_panel(const Matrix& b, int64_t columns, int64_t depth, float* to) {
  const int vectors = vectors_for(columns);
  const int64_t width = vectors * HG_LANES;
  if (b.transposed) {
    for (int v = 0; v < vectors; v++)
      pack_turned(b.at + v * HG_LANES * b.stride, b.stride, columns - v * HG_LANES, depth, to + v * HG_LANES, width);
    return;
  }
  const float* from = b.at;
  if (columns == kTileColumns) {
    for (int64_t k = 0; k < depth; k++, from += b.stride, to += kTileColumns)
#pragma GCC unroll 4
      for (int v = 0; v < kTileVectors; v++) store(to + v * HG_LANES, load(from + v * HG_LANES));
    return;
  }
  for (int64_t k = 0; k < depth; k++, from += b.stride, to += width)
    for (int v = 0; v < vectors; v++) {
      const int64_t left = columns - v * HG_LANES;
      store(to + v * HG_LANES, left >= HG_LANES ? load(from + v * HG_LANES) : load_some(from + v * HG_LANES, left));
    }
}

// Rows of A, one below the other at a distance that spreads them over the cache.
HG_INLINE int64_t row_stride_for(int64_t depth) { return (depth + 15) / 16 * 16 + 16; }

inline __attribute__((noinline)) void pack_rows(const float* from, int64_t stride, int64_t rows, int64_t depth, float* to,
                                         int64_t to_stride) {
  for (int64_t i = 0; i < rows; i++, from += stride, to += to_stride) {
    int64_t k = 0;
    for (; k + HG_LANES <= depth; k += HG_LANES) store(to + k, load(from + k));
    if (k < depth) store_some(to + k, load_some(from + k, depth - k), depth - k);
  }
}

// Rows 0 … rows - 1 of a transposed A, kTileRows at a time: panel p's element (i, k) to to[(p * depth + k) * kTileRows + i].
// Writes up to HG_LANES floats more than it needs.
inline __attribute__((noinline)) void pack_columns(const float* from, int64_t stride, int64_t rows, int64_t depth, float* to) {
  constexpr int vectors = (kTileRows + HG_LANES - 1) / HG_LANES;
  const int64_t whole = rows / kTileRows;
  for (int64_t panel = 0; panel < whole; panel++) {
    const float* read = from + panel * kTileRows;
    float* write = to + panel * depth * kTileRows;
    // the last vector may reach beyond the panel's rows: not beyond the matrix, and what it writes too much is written over
    const int64_t readable = rows - panel * kTileRows;
    if (readable >= vectors * HG_LANES) {
      for (int64_t k = 0; k < depth; k++, read += stride, write += kTileRows)
        for (int v = 0; v < vectors; v++) store(write + v * HG_LANES, load(read + v * HG_LANES));
    } else {
      for (int64_t k = 0; k < depth; k++, read += stride, write += kTileRows) memcpy(write, read, kTileRows * 4);
    }
  }
  const int64_t left = rows - whole * kTileRows;
  if (left == 0) return;
  const float* read = from + whole * kTileRows;
  float* write = to + whole * depth * kTileRows;
  for (int64_t k = 0; k < depth; k++, read += stride, write += kTileRows)
    for (int64_t i = 0; i < left; i++) write[i] = read[i];
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
