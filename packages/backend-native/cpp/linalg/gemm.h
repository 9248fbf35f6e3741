// C (+)= op(A) op(B) in float32, blocked for the caches and spread over threads.
//
// B is copied to panels of kTileColumns columns, up to kDepth rows of it at a time, by all threads together; then each
// thread takes some rows of A, copies them, and multiplies them with all panels, kColumnsAtOnce columns at a time, which
// stay in its second-level cache. Sums over k are taken in the same order whatever the number of threads.
#pragma once
#include "finish.h"
#include "pack.h"
#include "skinny.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Rows and columns of B in a block, and how many of the columns a thread's second-level cache keeps.
constexpr int64_t kDepth = 384, kColumns = 4096, kColumnsAtOnce = 384;
// Rows of A at a time, in tiles: their copy shares that cache.
constexpr int64_t kPanelsAtOnce = 8;
// A block's work is cut into so many chunks, unless they would have fewer operations than the second number.
constexpr int64_t kChunks = 16, kLeastWork = 1 << 19;
// scratch slots in use while a product is computed
constexpr int kSlotForA = 6, kSlotForB = 7;

struct Product {
  int64_t m, n, k;
  Matrix a, b;
  float* c;
  int64_t c_stride;
  bool accumulate;
  // null, or applied to the sums; its vectors have n numbers
  const Finish* finish;
};

HG_INLINE int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
// The size of the parts when `size` is cut into the fewest parts of at most `most`, as equal as multiples of `unit` can be.
HG_INLINE int64_t part_size(int64_t size, int64_t most, int64_t unit) {
  const int64_t parts = larger<int64_t>(1, ceil_div(size, most));
  return larger<int64_t>(unit, ceil_div(ceil_div(size, parts), unit) * unit);
}

// Where column `column` of a packed block of `depth` rows begins.
HG_INLINE int64_t panel_at(int64_t column, int64_t depth) { return column * depth; }

// Rows [row, row + rows) times packed columns [column, column + columns), for one block of k. `a` begins at the block's
// first k; `packed` and `c` at the block's first column.
inline __attribute__((noinline)) bool multiply_rows(const Matrix& a, int64_t row, int64_t rows, const float* packed, int64_t columns,
                                             int64_t depth, float* c, int64_t c_stride, bool accumulate,
                                             const Finish* finish) {
  const int64_t panels = ceil_div(rows, kTileRows);
  const int64_t stride = row_stride_for(depth);
  const float* from = a.element(row, 0);
  float* copy = nullptr;
  const bool in_place = !a.transposed && columns <= 2 * kTileColumns;
  if (!in_place) {
    const size_t floats = static_cast<size_t>(panels * kTileRows * (a.transposed ? depth : stride) + HG_LANES);
    copy = static_cast<float*>(scratch(kSlotForA, floats * 4));
    if (copy == nullptr) return false;
    if (a.transposed)
      pack_columns(from, a.stride, rows, depth, copy);
    else
      pack_rows(from, a.stride, rows, depth, copy, stride);
  }
  for (int64_t first = 0; first < columns; first += kColumnsAtOnce) {
    const int64_t end = smaller(columns, first + kColumnsAtOnce);
    for (int64_t panel = 0; panel < panels; panel++) {
      const int64_t i = panel * kTileRows;
      const int64_t height = smaller<int64_t>(kTileRows, rows - i);
      for (int64_t j = first; j < end; j += kTileColumns) {
        const int64_t width = smaller<int64_t>(kTileColumns, columns - j);
        const int64_t b_stride = vectors_for(width) * HG_LANES;
        Finish part;
        if (finish != nullptr) part = finish->from(j);
        const Finish* last = finish != nullptr ? &part : nullptr;
        const float* b = packed + panel_at(j, depth);
        float* to = c + (row + i) * c_stride + j;
        if (a.transposed)
          tile_any(height, Columns<kTileRows>{copy + i * depth}, b, b_stride, depth, to, c_stride, width, accumulate, last);
        else
          tile_any(height, AnyRows{in_place ? from + i * a.stride : copy + i * stride, in_place ? a.stride : stride}, b,
                   b_stride, depth, to, c_stride, width, accumulate, last);
      }
    }
  }
  finish_rows(c + row * c_stride, c_stride, rows, columns, finish);
  return true;
}

// Numbers in a packed block.
HG_INLINE int64_t packed_size(int64_t columns, int64_t depth) { return ceil_div(columns, HG_LANES) * HG_LANES * depth; }

struct Serially {
  template <typename Body>
  HG_INLINE void operator()(int64_t chunks, Body body) const {
    for (int64_t i = 0; i < chunks; i++) body(i);
  }
};
struct InParallel {
  template <typename Body>
  HG_INLINE void operator()(int64_t chunks, Body body) const {
    parallel(chunks, body);
  }
};

// At most kFewRows rows.
template <class Distribute>
__attribute__((noinline)) bool multiply_few_rows(const Product& p, Distribute distribute) {
  const float* a = p.a.at;
  int64_t a_stride = p.a.stride;
  if (p.a.transposed) {
    float* rows = static_cast<float*>(scratch(kSlotForA, static_cast<size_t>(p.m * p.k + 1) * 4));
    if (rows == nullptr) return false;
    for (int64_t k = 0; k < p.k; k++)
      for (int64_t i = 0; i < p.m; i++) rows[i * p.k + k] = p.a.at[k * p.a.stride + i];
    a = rows;
    a_stride = p.k;
  }
  const int64_t least = larger<int64_t>(8 * HG_LANES, 32768 / larger<int64_t>(1, p.k));
  const int64_t columns_at_once = part_size(p.n, least, HG_LANES);
  bool failed = false;
  distribute(ceil_div(p.n, columns_at_once), [&](int64_t chunk) {
    const int64_t column = chunk * columns_at_once, columns = smaller(columns_at_once, p.n - column);
    Finish part;
    if (p.finish != nullptr) part = p.finish->from(column);
    const Finish* finish = p.finish != nullptr ? &part : nullptr;
    if (!p.b.transposed) {
      if (!multiply_few(p.m, AnyRows{a, a_stride}, p.b.at + column, p.b.stride, columns, p.k, p.c + column, p.c_stride,
                        p.accumulate, finish, kSlotForB))
        __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    } else {
      for (int64_t j = 0; j < columns; j += HG_LANES) {
        Finish own;
        if (finish != nullptr) own = finish->from(j);
        for (int64_t i = 0; i < p.m; i++)
          dot_rows(a + i * a_stride, p.b.at + (column + j) * p.b.stride, p.b.stride, smaller<int64_t>(HG_LANES, columns - j),
                   p.k, p.c + i * p.c_stride + column + j, p.accumulate, finish != nullptr ? &own : nullptr);
      }
    }
    finish_rows(p.c + column, p.c_stride, p.m, columns, finish);
  });
  return !failed;
}

// At most kFewColumns columns, and rows of A that lie in one piece each: scalar products of those with columns of B.
template <class Distribute>
__attribute__((noinline)) bool multiply_few_columns(const Product& p, Distribute distribute) {
  const float* b = p.b.at;
  int64_t b_stride = p.b.stride;
  if (!p.b.transposed) {
    float* columns = static_cast<float*>(scratch(kSlotForB, static_cast<size_t>(p.n * p.k + 1) * 4));
    if (columns == nullptr) return false;
    for (int64_t k = 0; k < p.k; k++)
      for (int64_t j = 0; j < p.n; j++) columns[j * p.k + k] = p.b.at[k * p.b.stride + j];
    b = columns;
    b_stride = p.k;
  }
  const int64_t rows_at_once = part_size(p.m, larger<int64_t>(8 * HG_LANES, 32768 / larger<int64_t>(1, p.k)), HG_LANES);
  distribute(ceil_div(p.m, rows_at_once), [&](int64_t chunk) {
    const int64_t end = smaller(p.m, (chunk + 1) * rows_at_once);
    for (int64_t i = chunk * rows_at_once; i < end; i += HG_LANES) {
      const int64_t rows = smaller<int64_t>(HG_LANES, end - i);
      float sums[kFewColumns][HG_LANES];
      for (int64_t j = 0; j < p.n; j++)
        dot_rows(b + j * b_stride, p.a.at + i * p.a.stride, p.a.stride, rows, p.k, sums[j], false, nullptr);
      for (int64_t r = 0; r < rows; r++) {
        float* c = p.c + (i + r) * p.c_stride;
        for (int64_t j = 0; j < p.n; j++) c[j] = p.accumulate ? c[j] + sums[j][r] : sums[j][r];
        if (p.finish != nullptr) finish_row(c, p.n, *p.finish);
      }
    }
    const int64_t first = chunk * rows_at_once;
    finish_rows(p.c + first * p.c_stride, p.c_stride, end - first, p.n, p.finish);
  });
  return true;
}

// How a block of `rows` by `columns` is cut into chunks.
struct Grid {
  int64_t rows_at_once, columns_at_once, columns;
  HG_INLINE Grid(int64_t rows, int64_t all_columns, int64_t depth) : columns(all_columns) {
    const int64_t panels = ceil_div(rows, kTileRows);
    const int64_t work = 2 * rows * columns * larger<int64_t>(depth, 1);
    const int64_t chunks = larger<int64_t>(1, smaller(kChunks, work / kLeastWork));
    int64_t panels_at_once = smaller(kPanelsAtOnce, ceil_div(panels, chunks));
    // chunks that are all alike
    panels_at_once = ceil_div(panels, ceil_div(panels, panels_at_once));
    rows_at_once = panels_at_once * kTileRows;
    const int64_t parts = ceil_div(chunks, ceil_div(panels, panels_at_once));
    columns_at_once = part_size(columns, ceil_div(columns, parts), kTileColumns);
  }
  HG_INLINE int64_t across() const { return ceil_div(columns, columns_at_once); }
};

// False when there was no memory left.
template <class Distribute>
__attribute__((noinline)) bool multiply_with(const Product& p, Distribute distribute) {
  if (p.m <= 0 || p.n <= 0) return true;
  if (p.m <= kFewRows) return multiply_few_rows(p, distribute);
  if (p.n <= kFewColumns && !p.a.transposed) return multiply_few_columns(p, distribute);
  const int64_t depth_part = part_size(p.k, kDepth, 8), column_part = part_size(p.n, kColumns, kTileColumns);
  const int64_t size = packed_size(smaller(p.n, column_part), smaller(p.k, depth_part));
  float* packed = static_cast<float*>(scratch(kSlotForB, static_cast<size_t>(size + 1) * 4));
  if (packed == nullptr) return false;
  bool failed = false;
  for (int64_t column = 0; column < p.n; column += column_part) {
    const int64_t columns = smaller(column_part, p.n - column);
    for (int64_t k = 0; k == 0 || k < p.k; k += depth_part) {
      const int64_t depth = smaller(depth_part, p.k - k);
      const int64_t panels = ceil_div(columns, kTileColumns);
      const int64_t panels_at_once = larger<int64_t>(1, 32768 / larger<int64_t>(1, depth * kTileColumns));
      distribute(ceil_div(panels, panels_at_once), [&](int64_t chunk) {
        const int64_t end = smaller(panels, (chunk + 1) * panels_at_once);
        for (int64_t panel = chunk * panels_at_once; panel < end; panel++) {
          const int64_t j = panel * kTileColumns;
          pack_panel(p.b.from(k, column + j), smaller<int64_t>(kTileColumns, columns - j), depth, packed + panel_at(j, depth));
        }
      });
      const bool last = k + depth >= p.k;
      const Matrix a = p.a.from(0, k);
      const Grid grid(p.m, columns, depth);
      distribute(ceil_div(p.m, grid.rows_at_once) * grid.across(), [&](int64_t chunk) {
        const int64_t row = chunk / grid.across() * grid.rows_at_once;
        const int64_t j = chunk % grid.across() * grid.columns_at_once;
        Finish part;
        if (p.finish != nullptr) part = p.finish->from(column + j);
        if (!multiply_rows(a, row, smaller(grid.rows_at_once, p.m - row), packed + panel_at(j, depth),
                           smaller(grid.columns_at_once, columns - j), depth, p.c + column + j, p.c_stride,
                           p.accumulate || k > 0, last && p.finish != nullptr ? &part : nullptr))
          __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
      });
    }
  }
  return !failed;
}

HG_INLINE bool multiply_parallel(const Product& p) { return multiply_with(p, InParallel{}); }
// For use inside a chunk; also where there is no other work.
HG_INLINE bool multiply_serial(const Product& p) { return multiply_with(p, Serially{}); }

// A whole right operand, copied once for many products.
struct Packed {
  const float* at;
  int64_t k, n, depth;  // at most `depth` of its rows make a block
};

HG_INLINE size_t packed_bytes(int64_t k, int64_t n) { return static_cast<size_t>(packed_size(n, k) + 1) * 4; }

// On all threads; `to` has packed_bytes(k, n).
inline __attribute__((noinline)) Packed pack(const Matrix& b, int64_t k, int64_t n, float* to) {
  const int64_t depth = part_size(k, kDepth, 8), panels = ceil_div(n, kTileColumns);
  parallel(ceil_div(k, depth) * panels, [&](int64_t chunk) {
    const int64_t row = chunk / panels * depth, j = chunk % panels * kTileColumns;
    const int64_t rows = smaller(depth, k - row);
    pack_panel(b.from(row, j), smaller<int64_t>(kTileColumns, n - j), rows, to + packed_size(n, row) + panel_at(j, rows));
  });
  return Packed{to, k, n, depth};
}

// C (+)= A B for a few rows, inside a chunk: a panel of B is read once, and then is in the first-level cache.
inline __attribute__((noinline)) void multiply_packed(AnyRows a, int64_t rows, const Packed& b, float* c, int64_t c_stride,
                                               bool accumulate) {
  const int64_t height = part_size(rows, kTileRows, 1);
  for (int64_t k = 0; k == 0 || k < b.k; k += b.depth) {
    const int64_t depth = smaller(b.depth, b.k - k);
    const float* block = b.at + packed_size(b.n, k);
    for (int64_t j = 0; j < b.n; j += kTileColumns) {
      const int64_t width = smaller<int64_t>(kTileColumns, b.n - j);
      for (int64_t i = 0; i < rows; i += height)
        tile_any(smaller(height, rows - i), AnyRows{a.at + i * a.stride + k, a.stride}, block + panel_at(j, depth),
                 vectors_for(width) * HG_LANES, depth, c + i * c_stride + j, c_stride, width, accumulate || k > 0, nullptr);
    }
  }
}

constexpr int kBatchAxes = 6;

// Products with the same sizes. Along each axis of the batch, matrices of A and B are so many numbers apart: 0 where one
// of them is used again and again. Those of C lie one after the other.
struct Batches {
  int axes;
  int64_t sizes[kBatchAxes], a_strides[kBatchAxes], b_strides[kBatchAxes];

  HG_INLINE int64_t count() const {
    int64_t product = 1;
    for (int axis = 0; axis < axes; axis++) product *= sizes[axis];
    return product;
  }
  HG_INLINE Product product(const Product& first, int64_t index) const {
    Product own = first;
    own.c += index * first.m * first.c_stride;
    for (int axis = axes - 1; axis >= 0; axis--) {
      const int64_t i = index % sizes[axis];
      own.a.at += i * a_strides[axis];
      own.b.at += i * b_strides[axis];
      index /= sizes[axis];
    }
    return own;
  }
};

inline __attribute__((noinline)) bool multiply_batches(const Product& first, const Batches& batches) {
  const int64_t count = batches.count();
  if (count == 0) return true;
  if (count == 1) return multiply_parallel(first);
  const int64_t work = larger<int64_t>(1, 2 * first.m * first.n * larger<int64_t>(first.k, 1));
  // few large ones: one after the other, each by all threads
  bool failed = false;
  if (count < 16 && work > (1 << 23)) {
    for (int64_t i = 0; i < count && !failed; i++) failed = !multiply_parallel(batches.product(first, i));
    return !failed;
  }
  parallel_ranges(count, larger<int64_t>(1, (1 << 20) / work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      if (!multiply_serial(batches.product(first, i))) __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
  });
  return !failed;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
