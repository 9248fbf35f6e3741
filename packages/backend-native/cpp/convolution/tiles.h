// The tiles of convolutions: like those of linalg/tile.h, but with sums that stay in registers over several runs of k, since
// the taps of a filter lie in several lines of the picture. Of run r
//
//   C[i][j] (+)= sum over k of A_r[i][k] B[row_r + k][j]
//
// Sweep form (outputs): element (i, k) of A lies at from + i * stride + k, i being pixels and k taps and channels.
// Product form (gradient of a filter): it lies at from + k * stride + i, i being taps and channels and k pixels.
#pragma once
#include "../linalg/finish.h"

namespace hourglass {
namespace HG_NAMESPACE {

struct Run {
  const float* from;
  int64_t row;  // of B, where it begins
};

// What all tiles of a line have in common.
struct Runs {
  const Run* runs;
  int64_t count, length, stride;
};

enum class Form { kSweep, kProduct };

// Five rows an address register: a distance and three times the distance reach them all, so that 14 rows need no 14 pointers.
template <int ROWS, int NV>
HG_INLINE void add_sweep(Floats (&sums)[ROWS][NV], const float* from, int64_t stride, int64_t length, const float* b) {
  const int64_t one = stride * 4, three = stride * 12;
  const char* at[3] = {reinterpret_cast<const char*>(from), reinterpret_cast<const char*>(from) + 5 * one,
                       reinterpret_cast<const char*>(from) + 10 * one};
#pragma GCC unroll 1
  for (int64_t k = 0; k < length; k++, b += NV * HG_LANES) {
    if constexpr (ROWS > 10)
      __asm__("" : "+r"(at[0]), "+r"(at[1]), "+r"(at[2]));
    else if constexpr (ROWS > 5)
      __asm__("" : "+r"(at[0]), "+r"(at[1]));
    Floats row[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) row[v] = load(b + v * HG_LANES);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
      const char* base = at[i / 5];
      const char* place = i % 5 == 0   ? base
                          : i % 5 == 1 ? base + one
                          : i % 5 == 2 ? base + 2 * one
                          : i % 5 == 3 ? base + three
                                       : base + 4 * one;
      const Floats factor = splat(*reinterpret_cast<const float*>(place));
#pragma GCC unroll 4
      for (int v = 0; v < NV; v++) sums[i][v] += factor * row[v];
    }
    at[0] += 4;
    if constexpr (ROWS > 5) at[1] += 4;
    if constexpr (ROWS > 10) at[2] += 4;
  }
}

template <int ROWS, int NV>
HG_INLINE void add_product(Floats (&sums)[ROWS][NV], const float* from, int64_t stride, int64_t length, const float* b) {
#pragma GCC unroll 1
  for (int64_t k = 0; k < length; k++, b += NV * HG_LANES, from += stride) {
    Floats row[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) row[v] = load(b + v * HG_LANES);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
      const Floats factor = splat(from[i]);
#pragma GCC unroll 4
      for (int v = 0; v < NV; v++) sums[i][v] += factor * row[v];
    }
  }
}

// Adds `shift` to every run's beginning: a tile further along the line.
template <Form form, int ROWS, int NV>
__attribute__((noinline)) void run_tile(const Runs& all, int64_t shift, const float* panel, float* c, int64_t c_stride,
                                        int64_t columns, bool accumulate, const Finish* finish) {
  Floats sums[ROWS][NV];
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) sums[i][v] = Floats{};
  for (int64_t r = 0; r < all.count; r++) {
    const float* from = all.runs[r].from + shift;
    const float* b = panel + all.runs[r].row * (NV * HG_LANES);
    if constexpr (form == Form::kSweep)
      add_sweep(sums, from, all.stride, all.length, b);
    else
      add_product(sums, from, all.stride, all.length, b);
  }
  if (columns >= NV * HG_LANES && finish == nullptr) {
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
      for (int v = 0; v < NV; v++) {
        float* to = c + i * c_stride + v * HG_LANES;
        store(to, accumulate ? load(to) + sums[i][v] : sums[i][v]);
      }
    return;
  }
  // looked up by number from here on, in memory
  Floats kept[ROWS][NV];
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) kept[i][v] = sums[i][v];
  __asm__("" : "+m"(kept));
#pragma GCC unroll 1
  for (int v = 0; v < NV; v++) {
    const int64_t left = columns - v * HG_LANES;
    Floats bias = {}, slope = {};
    if (finish != nullptr) {
      if (finish->bias != nullptr) bias = load_part(finish->bias + v * HG_LANES, left);
      slope = finish->activation == kPrelu ? load_part(finish->slopes + v * HG_LANES, left) : splat(finish->slope);
    }
#pragma GCC unroll 1
    for (int i = 0; i < ROWS; i++) {
      float* to = c + i * c_stride + v * HG_LANES;
      Floats value = kept[i][v];
      if (accumulate) value += load_part(to, left);
      if (finish != nullptr) value = finished(value + bias, finish->activation, slope);
      store_part(to, value, left);
    }
  }
  finish_rows(c, c_stride, ROWS, columns, finish);
}

typedef void (*RunTile)(const Runs& runs, int64_t shift, const float* panel, float* c, int64_t c_stride, int64_t columns,
                        bool accumulate, const Finish* finish);

template <Form form, int NV, int ROWS = kTileRows>
HG_INLINE RunTile run_tile_of(int64_t rows) {
  if constexpr (ROWS > 1)
    return rows >= ROWS ? run_tile<form, ROWS, NV> : run_tile_of<form, NV, ROWS - 1>(rows);
  else
    return run_tile<form, 1, NV>;
}

// The tile of 1 … kTileRows rows and 1 … kTileVectors vectors.
template <Form form, int NV = kTileVectors>
HG_INLINE RunTile run_tile_for(int64_t rows, int64_t vectors) {
  if constexpr (NV > 1) {
    if (vectors < NV) return run_tile_for<form, NV - 1>(rows, vectors);
  }
  return run_tile_of<form, NV>(rows);
}

// Cuts `count` rows into tiles of nearly the same size: body(first, rows).
template <typename Body>
HG_INLINE void even_tiles(int64_t count, Body body) {
  const int64_t tiles = (count + kTileRows - 1) / kTileRows;
  if (tiles == 0) return;
  const int64_t size = count / tiles, larger_ones = count % tiles;
  for (int64_t t = 0, first = 0; t < tiles; t++) {
    const int64_t rows = size + (t < larger_ones ? 1 : 0);
    body(first, rows);
    first += rows;
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
