// Sums over the rows of a matrix: gradients of biases.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

constexpr int kSlotForSums = 5;

// to[j] (+)= sum of x[i * stride + j]; eight rows at a time, so that the chain of additions, and with it the error, is an
// eighth as long.
inline __attribute__((noinline)) void add_rows(const float* x, int64_t stride, int64_t rows, int64_t columns, float* to,
                                        bool accumulate) {
  if (!accumulate) memset(to, 0, static_cast<size_t>(columns) * 4);
  int64_t i = 0;
  for (; i + 8 <= rows; i += 8, x += 8 * stride) {
    int64_t j = 0;
    for (; j + HG_LANES <= columns; j += HG_LANES) {
      Floats row[8];
#pragma GCC unroll 8
      for (int r = 0; r < 8; r++) row[r] = load(x + r * stride + j);
      store(to + j, load(to + j) + (((row[0] + row[1]) + (row[2] + row[3])) + ((row[4] + row[5]) + (row[6] + row[7]))));
    }
    for (; j < columns; j++) {
      const float* at = x + j;
      const float low = (at[0] + at[stride]) + (at[2 * stride] + at[3 * stride]);
      const float high = (at[4 * stride] + at[5 * stride]) + (at[6 * stride] + at[7 * stride]);
      to[j] += low + high;
    }
  }
  for (; i < rows; i++, x += stride)
    for (int64_t j = 0; j < columns; j++) to[j] += x[j];
}

// Over all threads. Rows are cut into at most 64 parts and those into blocks, whose sums are added in their order: sums of
// sums lose fewer digits than one long chain. False when there is no memory.
inline __attribute__((noinline)) bool column_sums(const float* x, int64_t stride, int64_t rows, int64_t columns, float* to) {
  if (columns <= 0) return true;
  constexpr int64_t block = 256;
  int64_t part = larger<int64_t>((rows + 63) / 64, 16384 / columns);
  part = (part + block - 1) / block * block;
  const int64_t parts = larger<int64_t>(1, (rows + part - 1) / part);
  // for each part its sum, and that of its current block
  float* sums = static_cast<float*>(scratch(kSlotForSums, static_cast<size_t>(2 * parts * columns) * 4));
  if (sums == nullptr) return false;
  parallel(parts, [=](int64_t chunk) {
    float *total = sums + 2 * chunk * columns, *current = total + columns;
    memset(total, 0, static_cast<size_t>(columns) * 4);
    const int64_t end = smaller(rows, (chunk + 1) * part);
    for (int64_t row = chunk * part; row < end; row += block) {
      add_rows(x + row * stride, stride, smaller(block, end - row), columns, current, false);
      add_rows(current, columns, 1, columns, total, true);
    }
  });
  parallel_ranges(columns, 4096, [=](int64_t begin, int64_t end) {
    add_rows(sums + begin, 2 * columns, parts, end - begin, to + begin, false);
  });
  return true;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
