// Products with few rows or columns, for which copying to panels would take longer than multiplying: the large operand is
// read where it lies.
#pragma once
#include "finish.h"
#include "pack.h"

namespace hourglass {
namespace HG_NAMESPACE {

constexpr int kFewRows = 8, kFewColumns = 4;

// What tiles do to their sums, for a row of few columns that has been stored.
HG_INLINE void finish_row(float* c, int64_t columns, const Finish& finish) {
  Floats value = load_part(c, columns);
  if (finish.bias != nullptr) value += load_part(finish.bias, columns);
  const Floats slope = finish.activation == kPrelu ? load_part(finish.slopes, columns) : splat(finish.slope);
  store_part(c, finished(value, finish.activation, slope), columns);
}

// c[j] (+)= a · row j of b, for j < columns (at most HG_LANES).
inline __attribute__((noinline)) void dot_rows(const float* a, const float* b, int64_t b_stride, int64_t columns, int64_t depth,
                                        float* c, bool accumulate, const Finish* finish) {
  Floats sums[HG_LANES];
#pragma GCC unroll 16
  for (int j = 0; j < HG_LANES; j++) sums[j] = Floats{};
  const int64_t whole = depth / HG_LANES * HG_LANES;
  if (columns == HG_LANES) {
    for (int64_t k = 0; k < whole; k += HG_LANES) {
      const Floats x = load(a + k);
#pragma GCC unroll 16
      for (int j = 0; j < HG_LANES; j++) sums[j] += x * load(b + j * b_stride + k);
    }
  } else {
    for (int64_t k = 0; k < whole; k += HG_LANES) {
      const Floats x = load(a + k);
#pragma GCC unroll 16
      for (int j = 0; j < HG_LANES; j++)
        if (j < columns) sums[j] += x * load(b + j * b_stride + k);
    }
  }
  if (whole < depth) {
    const Floats x = load_some(a + whole, depth - whole);
#pragma GCC unroll 16
    for (int j = 0; j < HG_LANES; j++)
      if (j < columns) sums[j] += x * load_some(b + j * b_stride + whole, depth - whole);
  }
  turn_over(sums);
#pragma GCC unroll 4
  for (int half = HG_LANES / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int j = 0; j < half; j++) sums[j] += sums[j + half];
  Floats value = sums[0];
  if (accumulate) value += load_part(c, columns);
  if (finish != nullptr) {
    if (finish->bias != nullptr) value += load_part(finish->bias, columns);
    const Floats slope = finish->activation == kPrelu ? load_part(finish->slopes, columns) : splat(finish->slope);
    value = finished(value, finish->activation, slope);
  }
  store_part(c, value, columns);
}

// Columns of few rows, NV vectors at a time and then fewer; b has the first of them. Returns false when there is no memory.
template <int ROWS, int NV>
HG_INLINE bool multiply_columns(AnyRows a, const float* b, int64_t b_stride, int64_t columns, int64_t depth, float* c,
                                int64_t c_stride, bool accumulate, const Finish* finish, int slot) {
  int64_t j = 0;
  for (; j + NV * HG_LANES <= columns; j += NV * HG_LANES) {
    Finish part;
    if (finish != nullptr) part = finish->from(j);
    tile<ROWS, NV>(a, b + j, b_stride, depth, c + j, c_stride, NV * HG_LANES, accumulate, finish != nullptr ? &part : nullptr);
  }
  if (j == columns) return true;
  Finish part;
  if (finish != nullptr) part = finish->from(j);
  if constexpr (NV > 1) {
    return multiply_columns<ROWS, NV / 2>(a, b + j, b_stride, columns - j, depth, c + j, c_stride, accumulate,
                                          finish != nullptr ? &part : nullptr, slot);
  } else {
    // less than a vector: a tile would read beyond the matrix
    float* copy = static_cast<float*>(scratch(slot, static_cast<size_t>(depth * HG_LANES + 1) * 4));
    if (copy == nullptr) return false;
    pack_panel(Matrix{b + j, b_stride, false}, columns - j, depth, copy);
    tile<ROWS, 1>(a, copy, HG_LANES, depth, c + j, c_stride, columns - j, accumulate, finish != nullptr ? &part : nullptr);
    return true;
  }
}

// Vectors of columns at a time: enough sums to keep the adders busy, few enough for the registers.
constexpr int vectors_of(int rows) { return rows == 1 ? 8 : rows <= 4 && HG_LANES == 16 ? 4 : rows == 2 ? 4 : 2; }

template <int ROWS = kFewRows>
HG_INLINE bool multiply_few(int64_t rows, AnyRows a, const float* b, int64_t b_stride, int64_t columns, int64_t depth, float* c,
                            int64_t c_stride, bool accumulate, const Finish* finish, int slot) {
  static_assert(kFewRows <= 8, "AnyRows");
  if (rows >= ROWS)
    return multiply_columns<ROWS, vectors_of(ROWS)>(a, b, b_stride, columns, depth, c, c_stride, accumulate, finish, slot);
  if constexpr (ROWS > 1)
    return multiply_few<ROWS - 1>(rows, a, b, b_stride, columns, depth, c, c_stride, accumulate, finish, slot);
  return true;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
