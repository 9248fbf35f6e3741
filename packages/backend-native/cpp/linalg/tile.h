// The innermost part of every matrix product and convolution: a tile of C held in registers while it takes up
//
//   C[i][j] (+)= sum over k of A[i][k] B[k][j],  i < ROWS, j < NV * HG_LANES, k < depth.
//
// Full tiles have kTileRows rows and kTileVectors vectors of columns, so many that the accumulators fill the register
// file: 14 x 32 on AVX-512, 6 x 16 on AVX2, 8 x 12 on NEON, 6 x 8 on SSE2. Every smaller number of rows has code of its
// own; fewer columns are computed as whole vectors (NV = 1 … kTileVectors) of which only `columns` are stored.
//
// A comes in one of three forms:
//   Rows<S>     element (i, k) at at[i * S + k], S known to the compiler: rows copied one below the other. S should not
//               be a multiple of a page, or the rows fall into the same lines of the cache: add 16.
//   AnyRows     element (i, k) at at[i * stride + k]: rows where they lie, without a copy.
//   Columns<W>  element (i, k) at at[k * W + i]: what remains of a transposed matrix, copied W = kTileRows at a time.
// B lies as [k][b_stride]: packed (b_stride = NV * HG_LANES) or where it is. Whole vectors of it are read, so packed
// tails are filled with zeros, and B may only be read in place where that many columns are there.
// C lies as [i][c_stride]; nothing is read or written beyond `columns`. `accumulate` adds to what is there.
// `finish`, if not null, is applied to the sums before they are stored: give it with the last part of k only.
//
//   tile<ROWS, NV>(a, b, b_stride, depth, c, c_stride, columns, accumulate, finish);
//   tile_rows<NV>(rows, a, …);            // 1 … kTileRows rows, chosen at run time
//   tile_any(rows, a, …);                 // columns too: NV follows from `columns`; packed B then has NV vectors a row
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

#if defined(__AVX512F__)
constexpr int kTileRows = 14, kTileVectors = 2;
#elif defined(__aarch64__)
constexpr int kTileRows = 8, kTileVectors = 3;
#else
constexpr int kTileRows = 6, kTileVectors = 2;
#endif
constexpr int kTileColumns = kTileVectors * HG_LANES;

// Vectors that hold `columns` of them.
HG_INLINE int vectors_for(int64_t columns) { return static_cast<int>((columns + HG_LANES - 1) / HG_LANES); }

enum TileActivation { kNoActivation = 0, kRelu = 1, kRelu6 = 2, kLeakyRelu = 3, kPrelu = 4 };

// What is done to sums before they are stored: + bias[column] (if not null), then the activation, if it is one of the
// above; others are left to whoever called. NaN stays NaN.
struct Finish {
  const float* bias = nullptr;  // one a column of the tile
  int activation = kNoActivation;
  float slope = 0;                // of leaky relu
  const float* slopes = nullptr;  // of prelu, one a column of the tile

  HG_INLINE Finish from(int64_t column) const {
    Finish part = *this;
    if (bias != nullptr) part.bias += column;
    if (slopes != nullptr) part.slopes += column;
    return part;
  }
};

template <int STRIDE>
struct Rows {
  const float* at;
  HG_INLINE float operator()(int i, int64_t k) const { return at[i * STRIDE + k]; }
};

template <int WIDTH>
struct Columns {
  const float* at;
  HG_INLINE float operator()(int i, int64_t k) const { return at[k * WIDTH + i]; }
};

struct AnyRows {
  const float* at;
  int64_t stride;
  HG_INLINE float operator()(int i, int64_t k) const { return at[i * stride + k]; }
};

template <int ROWS, int NV>
struct Sums {
  Floats at[ROWS][NV];
};

HG_INLINE Floats finished(Floats value, int activation, Floats slope) {
  const Floats zero = {};
  if (activation == kRelu) return value < zero ? zero : value;
  if (activation == kRelu6) {
    const Floats six = zero + 6.0f;
    value = value < zero ? zero : value;
    return value > six ? six : value;
  }
  if (activation == kLeakyRelu || activation == kPrelu) return value < zero ? value * slope : value;
  return value;
}

template <int ROWS, int NV, class A>
HG_INLINE void multiply(Sums<ROWS, NV>& sums, const A a, const float* b, int64_t b_stride, int64_t depth) {
  Floats c[ROWS][NV];
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) c[i][v] = Floats{};
#pragma GCC unroll 1
  for (int64_t k = 0; k < depth; k++, b += b_stride) {
    Floats row[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) row[v] = load(b + v * HG_LANES);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
      const float factor = a(i, k);
#pragma GCC unroll 4
      for (int v = 0; v < NV; v++) c[i][v] += factor * row[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) sums.at[i][v] = c[i][v];
}

// Rows at any distance: two base pointers and three multiples of the distance address all of them, without a pointer a row.
template <int ROWS, int NV>
HG_INLINE void multiply(Sums<ROWS, NV>& sums, const AnyRows a, const float* b, int64_t b_stride, int64_t depth) {
  struct Split {
    const char *low, *high;
    int64_t one, three, five;
    HG_INLINE float operator()(int i, int64_t) const {
      const char* base = i < 7 ? low : high;
      switch (i % 7) {
        case 0: return *reinterpret_cast<const float*>(base);
        case 1: return *reinterpret_cast<const float*>(base + one);
        case 2: return *reinterpret_cast<const float*>(base + 2 * one);
        case 3: return *reinterpret_cast<const float*>(base + three);
        case 4: return *reinterpret_cast<const float*>(base + 4 * one);
        case 5: return *reinterpret_cast<const float*>(base + five);
        default: return *reinterpret_cast<const float*>(base + 2 * three);
      }
    }
  };
  Floats c[ROWS][NV];
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) c[i][v] = Floats{};
  const int64_t bytes = a.stride * 4;
  Split split{reinterpret_cast<const char*>(a.at), reinterpret_cast<const char*>(a.at) + 7 * bytes, bytes, 3 * bytes,
              5 * bytes};
#pragma GCC unroll 1
  for (int64_t k = 0; k < depth; k++, b += b_stride) {
    // keeps the compiler from making a pointer for every row, which would not fit into the registers
    __asm__("" : "+r"(split.low), "+r"(split.high), "+r"(split.one), "+r"(split.three), "+r"(split.five));
    Floats row[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) row[v] = load(b + v * HG_LANES);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
      const float factor = split(i, k);
#pragma GCC unroll 4
      for (int v = 0; v < NV; v++) c[i][v] += factor * row[v];
    }
    split.low += 4;
    split.high += 4;
  }
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) sums.at[i][v] = c[i][v];
}

// Stores a vector of which only the first `columns` belong to the row.
HG_INLINE void store_part(float* to, Floats value, int64_t columns) {
  if (columns >= HG_LANES)
    store(to, value);
  else if (columns > 0)
    store_some(to, value, columns);
}
HG_INLINE Floats load_part(const float* from, int64_t columns) {
  return columns >= HG_LANES ? load(from) : columns > 0 ? load_some(from, columns) : Floats{};
}

template <int ROWS, int NV, class A>
__attribute__((noinline)) void tile(A a, const float* b, int64_t b_stride, int64_t depth, float* c, int64_t c_stride,
                                    int64_t columns, bool accumulate, const Finish* finish) {
  Sums<ROWS, NV> sums;
  multiply(sums, a, b, b_stride, depth);
  if (columns >= NV * HG_LANES && finish == nullptr) {
    // the sums stay in registers on this path
    if (accumulate) {
#pragma GCC unroll 16
      for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
        for (int v = 0; v < NV; v++) {
          float* to = c + i * c_stride + v * HG_LANES;
          store(to, load(to) + sums.at[i][v]);
        }
    } else {
#pragma GCC unroll 16
      for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
        for (int v = 0; v < NV; v++) store(c + i * c_stride + v * HG_LANES, sums.at[i][v]);
    }
    return;
  }
  // here they are looked up by number, in memory
  Sums<ROWS, NV> kept;
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) kept.at[i][v] = sums.at[i][v];
  __asm__("" : "+m"(kept));
  const int activation = finish == nullptr ? kNoActivation : finish->activation;
#pragma GCC unroll 1
  for (int v = 0; v < NV; v++) {
    const int64_t left = columns - v * HG_LANES;
    Floats bias = {}, slope = {};
    if (finish != nullptr) {
      if (finish->bias != nullptr) bias = load_part(finish->bias + v * HG_LANES, left);
      slope = activation == kPrelu ? load_part(finish->slopes + v * HG_LANES, left) : splat(finish->slope);
    }
#pragma GCC unroll 1
    for (int i = 0; i < ROWS; i++) {
      float* to = c + i * c_stride + v * HG_LANES;
      Floats value = kept.at[i][v];
      if (accumulate) value += load_part(to, left);
      if (finish != nullptr) value = finished(value + bias, activation, slope);
      store_part(to, value, left);
    }
  }
}

template <int NV, class A, int ROWS = kTileRows>
HG_INLINE void tile_rows(int64_t rows, A a, const float* b, int64_t b_stride, int64_t depth, float* c, int64_t c_stride,
                         int64_t columns, bool accumulate, const Finish* finish) {
  if (rows >= ROWS)
    tile<ROWS, NV>(a, b, b_stride, depth, c, c_stride, columns, accumulate, finish);
  else if constexpr (ROWS > 1)
    tile_rows<NV, A, ROWS - 1>(rows, a, b, b_stride, depth, c, c_stride, columns, accumulate, finish);
}

template <class A, int NV = kTileVectors>
HG_INLINE void tile_any(int64_t rows, A a, const float* b, int64_t b_stride, int64_t depth, float* c, int64_t c_stride,
                        int64_t columns, bool accumulate, const Finish* finish) {
  if constexpr (NV > 1) {
    if (columns <= (NV - 1) * HG_LANES) {
      tile_any<A, NV - 1>(rows, a, b, b_stride, depth, c, c_stride, columns, accumulate, finish);
      return;
    }
  }
  tile_rows<NV>(rows, a, b, b_stride, depth, c, c_stride, columns, accumulate, finish);
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
