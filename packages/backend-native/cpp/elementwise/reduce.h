// Reductions of [outer, length, inner] over its middle. Long sums are made of short ones: within a block in the numbers'
// own precision and side by side in many lanes, from block to block in the wider type Carry. How the work is divided
// depends on sizes alone, so that the result does not depend on the threads.
//
// An operation has the types In, Step (within a block), Carry and Out; of(a, b) on Step, Floats if Step is float, and Carry;
// first<T>(), which changes nothing when combined; and finish(carry, divisor).
#pragma once
#include "../simd/lanes.h"
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Numbers of a row, and rows of a column, that make a block.
constexpr int64_t kBlock = 1024 * HG_LANES;
constexpr int64_t kBlockRows = 128;
// Columns that are reduced at a time.
constexpr int64_t kWidth = 1024;
// Numbers that make a chunk.
constexpr int64_t kPiece = 1 << 15;


template <typename Op>
constexpr bool is_of_floats() {
  return __is_same(typename Op::In, float) && __is_same(typename Op::Step, float);
}

// At most kBlock numbers.
template <typename Op>
HG_INLINE typename Op::Carry reduce_block(const typename Op::In* from, int64_t count) {
  typedef typename Op::Step Step;
  typedef typename Op::Carry Carry;
  constexpr int kLanes = 32;
  if (count < kLanes) {
    Carry total = Op::template first<Carry>();
    for (int64_t i = 0; i < count; i++) total = Op::of(total, static_cast<Carry>(static_cast<Step>(from[i])));
    return total;
  }
  Step lanes[kLanes];
  for (int l = 0; l < kLanes; l++) lanes[l] = static_cast<Step>(from[l]);
  int64_t i = kLanes;
  for (; i + kLanes <= count; i += kLanes)
    for (int l = 0; l < kLanes; l++) lanes[l] = Op::of(lanes[l], static_cast<Step>(from[i + l]));
  for (int l = 0; i < count; i++, l++) lanes[l] = Op::of(lanes[l], static_cast<Step>(from[i]));
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] = Op::of(lanes[l], lanes[l + half]);
  return static_cast<Carry>(lanes[0]);
}

template <typename Op>
HG_INLINE typename Op::Carry reduce_floats(const float* from, int64_t count) {
  typedef typename Op::Carry Carry;
  if (count < HG_LANES) {
    Carry total = Op::template first<Carry>();
    for (int64_t i = 0; i < count; i++) total = Op::of(total, static_cast<Carry>(from[i]));
    return total;
  }
  Floats total;
  int64_t i = 0;
  if (count >= 4 * HG_LANES) {
    Floats a = load(from), b = load(from + HG_LANES), c = load(from + 2 * HG_LANES), d = load(from + 3 * HG_LANES);
    for (i = 4 * HG_LANES; i + 4 * HG_LANES <= count; i += 4 * HG_LANES) {
      a = Op::of(a, load(from + i));
      b = Op::of(b, load(from + i + HG_LANES));
      c = Op::of(c, load(from + i + 2 * HG_LANES));
      d = Op::of(d, load(from + i + 3 * HG_LANES));
    }
    total = Op::of(Op::of(a, b), Op::of(c, d));
  } else {
    total = load(from);
    i = HG_LANES;
  }
  for (; i + HG_LANES <= count; i += HG_LANES) total = Op::of(total, load(from + i));
  if (i < count) total = Op::of(total, load_some(from + i, count - i, Op::template first<float>()));
  float lanes[HG_LANES];
  store(lanes, total);
  for (int half = HG_LANES / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] = Op::of(lanes[l], lanes[l + half]);
  return static_cast<Carry>(lanes[0]);
}

template <typename Op>
HG_INLINE typename Op::Carry reduce_any(const typename Op::In* from, int64_t count) {
  if constexpr (is_of_floats<Op>())
    return reduce_floats<Op>(from, count);
  else
    return reduce_block<Op>(from, count);
}

// Rows of floats that are too short to end each by itself: as many as there are lanes end together.
constexpr int64_t kShortLength = 256;
template <typename Op>
inline void reduce_short_rows(float* to, const float* from, int64_t rows, int64_t length, double divisor) {
  const Floats first = splat(Op::template first<float>());
  for (int64_t row = 0; row < rows; row += HG_LANES) {
    const int64_t count = smaller<int64_t>(HG_LANES, rows - row);
    Floats totals[HG_LANES];
    for (int64_t r = 0; r < HG_LANES; r++) {
      // what is beyond the last row does not count
      const float* x = from + (row + (r < count ? r : 0)) * length;
      Floats total = first;
      int64_t i = 0;
      for (; i + HG_LANES <= length; i += HG_LANES) total = Op::of(total, load(x + i));
      if (i < length) total = Op::of(total, load_some(x + i, length - i, Op::template first<float>()));
      totals[r] = total;
    }
    float results[HG_LANES];
    store(results, combine_rows(totals, [](Floats a, Floats b) { return Op::of(a, b); }));
    for (int64_t r = 0; r < count; r++)
      to[row + r] = Op::finish(static_cast<typename Op::Carry>(results[r]), divisor);
  }
}

template <typename Op>
HG_INLINE typename Op::Carry reduce_row(const typename Op::In* from, int64_t count) {
  typename Op::Carry total = Op::template first<typename Op::Carry>();
  for (int64_t at = 0; at < count; at += kBlock)
    total = Op::of(total, reduce_any<Op>(from + at, smaller(kBlock, count - at)));
  return total;
}

// Rows end to end; pieces of long ones first.
template <typename Op>
const char* reduce_rows(typename Op::Out* to, const typename Op::In* from, int64_t rows, int64_t length, double divisor) {
  typedef typename Op::Carry Carry;
  if (length <= 2 * kPiece) {
    parallel_ranges(rows, kPiece / larger<int64_t>(length, 1), [=](int64_t begin, int64_t end) {
      if constexpr (is_of_floats<Op>()) {
        if (length <= kShortLength)
          return reduce_short_rows<Op>(to + begin, from + begin * length, end - begin, length, divisor);
      }
      for (int64_t row = begin; row < end; row++)
        to[row] = Op::finish(reduce_row<Op>(from + row * length, length), divisor);
    });
    return nullptr;
  }
  const int64_t pieces = (length + kPiece - 1) / kPiece;
  Carry* partial = static_cast<Carry*>(scratch(0, static_cast<size_t>(rows * pieces) * sizeof(Carry)));
  if (partial == nullptr) return "out of memory";
  parallel(rows * pieces, [=](int64_t chunk) {
    const int64_t row = chunk / pieces, begin = chunk % pieces * kPiece;
    partial[chunk] = reduce_row<Op>(from + row * length + begin, smaller(kPiece, length - begin));
  });
  for (int64_t row = 0; row < rows; row++) {
    Carry total = Op::template first<Carry>();
    for (int64_t piece = 0; piece < pieces; piece++) total = Op::of(total, partial[row * pieces + piece]);
    to[row] = Op::finish(total, divisor);
  }
  return nullptr;
}

// Combines `rows` rows of `width` (at most kWidth) columns, `stride` apart, into `totals`.
template <typename Op>
inline void reduce_columns(typename Op::Carry* totals, const typename Op::In* from, int64_t rows, int64_t width,
                           int64_t stride) {
  typedef typename Op::Step Step;
  typedef typename Op::Carry Carry;
  alignas(64) Step step[kWidth];
  for (int64_t begin = 0; begin < rows; begin += kBlockRows) {
    const int64_t end = smaller(rows, begin + kBlockRows);
    const typename Op::In* x = from + begin * stride;
    for (int64_t i = 0; i < width; i++) step[i] = static_cast<Step>(x[i]);
    int64_t row = begin + 1;
    // four at a time, to read and write the totals less often
    for (; row + 4 <= end; row += 4) {
      const typename Op::In *a = from + row * stride, *b = a + stride, *c = b + stride, *d = c + stride;
      int64_t i = 0;
      if constexpr (is_of_floats<Op>()) {
        for (; i + HG_LANES <= width; i += HG_LANES) {
          const Floats pair = Op::of(load(a + i), load(b + i)), other = Op::of(load(c + i), load(d + i));
          store(step + i, Op::of(load(step + i), Op::of(pair, other)));
        }
      }
      for (; i < width; i++) {
        const Step pair = Op::of(static_cast<Step>(a[i]), static_cast<Step>(b[i]));
        const Step other = Op::of(static_cast<Step>(c[i]), static_cast<Step>(d[i]));
        step[i] = Op::of(step[i], Op::of(pair, other));
      }
    }
    for (; row < end; row++) {
      const typename Op::In* a = from + row * stride;
      for (int64_t i = 0; i < width; i++) step[i] = Op::of(step[i], static_cast<Step>(a[i]));
    }
    for (int64_t i = 0; i < width; i++) totals[i] = Op::of(totals[i], static_cast<Carry>(step[i]));
  }
}

// The same for rows of `width` columns end to end, however few columns there are: short rows are taken several at once.
template <typename Op>
inline void reduce_dense_columns(typename Op::Carry* totals, const typename Op::In* from, int64_t rows, int64_t width) {
  typedef typename Op::Carry Carry;
  if (width >= 64 || rows * width < 256) {
    reduce_columns<Op>(totals, from, rows, width, width);
    return;
  }
  const int64_t together = 256 / width, wide = together * width;
  alignas(64) Carry sums[256];
  for (int64_t i = 0; i < wide; i++) sums[i] = Op::template first<Carry>();
  const int64_t groups = rows / together;
  reduce_columns<Op>(sums, from, groups, wide, wide);
  for (int64_t k = 0; k < together; k++)
    for (int64_t i = 0; i < width; i++) totals[i] = Op::of(totals[i], sums[k * width + i]);
  const int64_t done = groups * together;
  reduce_columns<Op>(totals, from + done * width, rows - done, width, width);
}

template <typename Op>
const char* reduce_middle(typename Op::Out* to, const typename Op::In* from, int64_t outer, int64_t length, int64_t inner,
                          double divisor) {
  typedef typename Op::Carry Carry;
  if (length * inner <= 2 * kPiece && inner <= kWidth) {
    parallel_ranges(outer, kPiece / larger<int64_t>(length * inner, 1), [=](int64_t begin, int64_t end) {
      alignas(64) Carry totals[kWidth];
      for (int64_t o = begin; o < end; o++) {
        for (int64_t i = 0; i < inner; i++) totals[i] = Op::template first<Carry>();
        reduce_dense_columns<Op>(totals, from + o * length * inner, length, inner);
        for (int64_t i = 0; i < inner; i++) to[o * inner + i] = Op::finish(totals[i], divisor);
      }
    });
    return nullptr;
  }
  const int64_t stripes = (inner + kWidth - 1) / kWidth;
  const int64_t width = (inner + stripes - 1) / stripes;
  // at most 64 pieces of the rows, so that combining them is little work
  const int64_t rows = larger((kPiece + width - 1) / width, (length + 63) / 64);
  const int64_t pieces = larger<int64_t>((length + rows - 1) / rows, 1);
  Carry* partial = nullptr;
  if (pieces > 1) {
    partial = static_cast<Carry*>(scratch(0, static_cast<size_t>(outer * pieces * inner) * sizeof(Carry)));
    if (partial == nullptr) return "out of memory";
  }
  parallel(outer * pieces * stripes, [=](int64_t chunk) {
    const int64_t stripe = chunk % stripes, piece = chunk / stripes % pieces, o = chunk / stripes / pieces;
    const int64_t column = stripe * width, columns = smaller(width, inner - column);
    const int64_t row = piece * rows, count = smaller(rows, length - row);
    if (columns <= 0) return;
    alignas(64) Carry totals[kWidth];
    for (int64_t i = 0; i < columns; i++) totals[i] = Op::template first<Carry>();
    const typename Op::In* x = from + (o * length + row) * inner + column;
    if (columns == inner)
      reduce_dense_columns<Op>(totals, x, count, inner);
    else
      reduce_columns<Op>(totals, x, count, columns, inner);
    if (pieces > 1)
      memcpy(partial + (o * pieces + piece) * inner + column, totals, static_cast<size_t>(columns) * sizeof(Carry));
    else
      for (int64_t i = 0; i < columns; i++) to[o * inner + column + i] = Op::finish(totals[i], divisor);
  });
  if (pieces == 1) return nullptr;
  parallel_ranges(outer * inner, 4096, [=](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const Carry* column = partial + at / inner * pieces * inner + at % inner;
      Carry total = column[0];
      for (int64_t piece = 1; piece < pieces; piece++) total = Op::of(total, column[piece * inner]);
      to[at] = Op::finish(total, divisor);
    }
  });
  return nullptr;
}

// Arguments: to, from, outer, length, inner, divisor.
template <typename Op>
const char* reduce(const Arguments& args) {
  auto* to = args.pointer<typename Op::Out>(0);
  const auto* from = args.pointer<const typename Op::In>(1);
  const int64_t outer = args.at(2), length = args.at(3), inner = args.at(4);
  const double divisor = args.number(5);
  return inner == 1 ? reduce_rows<Op>(to, from, outer, length, divisor)
                    : reduce_middle<Op>(to, from, outer, length, inner, divisor);
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
