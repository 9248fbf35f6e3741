// Running sums and products, and where extremes are, along the middle of [outer, length, inner].
#include "../simd/math.h"

HG_BEGIN

constexpr int64_t kPiece = 1 << 15;
constexpr int64_t kWidth = 512;

// body(outer, first column, columns) over stripes of the columns of each outer part.
template <typename Body>
HG_INLINE void stripes(int64_t outer, int64_t length, int64_t inner, Body body) {
  const int64_t many = (inner + kWidth - 1) / kWidth;
  const int64_t work = length * smaller(inner, kWidth);
  parallel_ranges(outer * many, kPiece / larger<int64_t>(work, 1), [=](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t column = at % many * kWidth;
      body(at / many, column, smaller(kWidth, inner - column));
    }
  });
}

// Arguments: to, from, outer, length, inner, exclusive, reverse. Total is the type that totals are kept in.
template <typename T, typename Total, bool product>
const char* running(const Arguments& args) {
  T* to = args.pointer<T>(0);
  const T* from = args.pointer<const T>(1);
  const int64_t length = args.at(3), inner = args.at(4);
  const bool exclusive = args.flag(5), reverse = args.flag(6);
  if (inner == 1) {
    parallel_ranges(args.at(2), kPiece / larger<int64_t>(length, 1), [=](int64_t begin, int64_t end) {
      const int64_t step = reverse ? -1 : 1;
      for (int64_t row = begin; row < end; row++) {
        Total total = product ? 1 : 0;
        int64_t at = row * length + (reverse ? length - 1 : 0);
        for (int64_t i = 0; i < length; i++, at += step) {
          const Total before = total, x = from[at];
          total = product ? total * x : total + x;
          to[at] = static_cast<T>(exclusive ? before : total);
        }
      }
    });
    return nullptr;
  }
  stripes(args.at(2), length, inner, [=](int64_t outer, int64_t column, int64_t columns) {
    Total totals[kWidth];
    for (int64_t i = 0; i < columns; i++) totals[i] = product ? 1 : 0;
    for (int64_t step = 0; step < length; step++) {
      const int64_t row = (outer * length + (reverse ? length - 1 - step : step)) * inner + column;
      for (int64_t i = 0; i < columns; i++) {
        const Total before = totals[i], x = from[row + i];
        const Total after = product ? before * x : before + x;
        totals[i] = after;
        to[row + i] = static_cast<T>(exclusive ? before : after);
      }
    }
  });
  return nullptr;
}
HG_KERNEL(cumsum_f32) { return running<float, double, false>(args); }
HG_KERNEL(cumsum_i32) { return running<uint32_t, uint32_t, false>(args); }
HG_KERNEL(cumprod_f32) { return running<float, double, true>(args); }
HG_KERNEL(cumprod_i32) { return running<uint32_t, uint32_t, true>(args); }

// Whether `a` is further out than `b`; no number is further out than NaN, nor NaN than any.
template <bool largest, typename T>
HG_INLINE auto beyond(T a, T b) {
  return largest ? a > b : a < b;
}

// The first index of the extreme of a row. A row that begins with NaN gives 0, as in TFJS.
template <bool largest, typename T>
HG_INLINE int32_t extreme_of_row(const T* row, int64_t length) {
  T best = row[0];
  if (best != best) return 0;
  T lanes[32];
  for (int l = 0; l < 32; l++) lanes[l] = best;
  int64_t i = 0;
  for (; i + 32 <= length; i += 32)
    for (int l = 0; l < 32; l++) lanes[l] = beyond<largest>(row[i + l], lanes[l]) ? row[i + l] : lanes[l];
  for (; i < length; i++) best = beyond<largest>(row[i], best) ? row[i] : best;
  for (int l = 0; l < 32; l++) best = beyond<largest>(lanes[l], best) ? lanes[l] : best;
  for (i = 0; row[i] != best;) i++;
  return static_cast<int32_t>(i);
}

// Arguments: to (int32), from, outer, length, inner.
template <typename T, bool largest>
const char* extreme_index(const Arguments& args) {
  int32_t* to = args.i32(0);
  const T* from = args.pointer<const T>(1);
  const int64_t length = args.at(3), inner = args.at(4);
  if (length > INT32_MAX) return "more elements than an int32 can count";
  if (inner == 1) {
    parallel_ranges(args.at(2), kPiece / larger<int64_t>(length, 1), [=](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) to[row] = extreme_of_row<largest>(from + row * length, length);
    });
    return nullptr;
  }
  stripes(args.at(2), length, inner, [=](int64_t outer, int64_t column, int64_t columns) {
    T best[kWidth];
    int32_t index[kWidth];
    const T* x = from + outer * length * inner + column;
    for (int64_t i = 0; i < columns; i++) {
      best[i] = x[i];
      index[i] = 0;
    }
    for (int64_t row = 1; row < length; row++) {
      const T* next = x + row * inner;
      for (int64_t i = 0; i < columns; i++) {
        const bool better = beyond<largest>(next[i], best[i]);
        best[i] = better ? next[i] : best[i];
        index[i] = better ? static_cast<int32_t>(row) : index[i];
      }
    }
    memcpy(to + outer * inner + column, index, static_cast<size_t>(columns) * 4);
  });
  return nullptr;
}
HG_KERNEL(argmax_f32) { return extreme_index<float, true>(args); }
HG_KERNEL(argmax_i32) { return extreme_index<int32_t, true>(args); }
HG_KERNEL(argmax_bool) { return extreme_index<uint8_t, true>(args); }
HG_KERNEL(argmin_f32) { return extreme_index<float, false>(args); }
HG_KERNEL(argmin_i32) { return extreme_index<int32_t, false>(args); }
HG_KERNEL(argmin_bool) { return extreme_index<uint8_t, false>(args); }

HG_END
