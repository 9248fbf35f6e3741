// Softmax over rows, its logarithm, and both gradients.
#include "../simd/lanes.h"
#include "../simd/loops.h"
#include "../simd/math.h"

HG_BEGIN

constexpr int64_t kPiece = 1 << 14;

// Rows up to this length are worked on as many at a time as there are lanes, so that their sums end together.
constexpr int64_t kShortLength = 512;

// body(first number, rows, length) over groups of rows.
template <typename Body>
HG_INLINE void each_group(const Arguments& args, int rows_at, Body body) {
  const int64_t rows = args.at(rows_at), length = args.at(rows_at + 1);
  const int64_t together = length <= kShortLength ? HG_LANES : 1;
  const int64_t groups = (rows + together - 1) / together;
  parallel_ranges(groups, kPiece / larger<int64_t>(length * together, 1), [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      const int64_t row = group * together;
      body(row * length, smaller(together, rows - row), length);
    }
  });
}

// to[r] = the lanes of part(r) combined, for each row of a group.
template <typename F, typename Part>
HG_INLINE void combine_group(float (&to)[HG_LANES], int64_t rows, F f, Part part) {
  Floats parts[HG_LANES];
  for (int64_t r = 0; r < rows; r++) parts[r] = part(r);
  for (int64_t r = rows; r < HG_LANES; r++) parts[r] = Floats{};
  store(to, combine_rows(parts, f));
}

// `each(Floats, i, count)` for a row, a vector at a time; `count` is less than HG_LANES for the last one only.
template <typename Each>
HG_INLINE void walk(int64_t length, Each each) {
  int64_t i = 0;
  for (; i + HG_LANES <= length; i += HG_LANES) each(i, static_cast<int64_t>(HG_LANES));
  if (i < length) each(i, length - i);
}
HG_INLINE Floats part(const float* from, int64_t count, float fill) {
  return count == HG_LANES ? load(from) : load_some(from, count, fill);
}
HG_INLINE void put(float* to, Floats x, int64_t count) {
  if (count == HG_LANES)
    store(to, x);
  else
    store_some(to, x, count);
}

// The largest lanes of a row.
HG_INLINE Floats largest_of(const float* x, int64_t length) {
  Floats top = splat(-kInfinity);
  walk(length, [&](int64_t i, int64_t count) HG_LAMBDA { top = maximum(top, part(x + i, count, -kInfinity)); });
  return top;
}

// Sums of f(i, count), lane by lane; of many vectors in two steps, for accuracy.
template <typename F>
HG_INLINE Floats sum_over(int64_t length, F f) {
  Floats total = {};
  for (int64_t begin = 0; begin < length; begin += 4096) {
    Floats sum = {};
    walk(smaller<int64_t>(4096, length - begin),
         [&](int64_t i, int64_t count) HG_LAMBDA { sum = sum + f(begin + i, count); });
    total = total + sum;
  }
  return total;
}

HG_INLINE void largest_of_group(float (&tops)[HG_LANES], const float* x, int64_t rows, int64_t length) {
  combine_group(tops, rows, [](Floats a, Floats b) { return maximum(a, b); },
                [=](int64_t r) HG_LAMBDA { return largest_of(x + r * length, length); });
}
template <typename Part>
HG_INLINE void sums_of_group(float (&sums)[HG_LANES], int64_t rows, Part part) {
  combine_group(sums, rows, [](Floats a, Floats b) { return a + b; }, part);
}

// to, logits, rows, length
HG_KERNEL(softmax_f32) {
  each_group(args, 2, [&](int64_t at, int64_t rows, int64_t length) {
    float* to = args.f32(0) + at;
    const float* x = args.f32(1) + at;
    float tops[HG_LANES], totals[HG_LANES];
    largest_of_group(tops, x, rows, length);
    sums_of_group(totals, rows, [&](int64_t r) HG_LAMBDA {
      const Floats top = splat(tops[r]);
      return sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA {
        // in lanes that do not count e to the power of -infinity
        const Floats e = exp(part(x + r * length + i, count, -kInfinity) - top);
        put(to + r * length + i, e, count);
        return count == HG_LANES ? e : load_some(to + r * length + i, count);
      });
    });
    for (int64_t r = 0; r < rows; r++) {
      const Floats share = splat(1.0f / totals[r]);
      float* y = to + r * length;
      walk(length, [&](int64_t i, int64_t count) HG_LAMBDA { put(y + i, part(y + i, count, 0) * share, count); });
    }
  });
  return nullptr;
}

// to, logits, rows, length
HG_KERNEL(log_softmax_f32) {
  each_group(args, 2, [&](int64_t at, int64_t rows, int64_t length) {
    float* to = args.f32(0) + at;
    const float* x = args.f32(1) + at;
    float tops[HG_LANES], totals[HG_LANES];
    largest_of_group(tops, x, rows, length);
    sums_of_group(totals, rows, [&](int64_t r) HG_LAMBDA {
      const Floats top = splat(tops[r]);
      return sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA {
        return exp(part(x + r * length + i, count, -kInfinity) - top);
      });
    });
    store(totals, log(load(totals)));
    for (int64_t r = 0; r < rows; r++) {
      const Floats top = splat(tops[r]), logarithm = splat(totals[r]);
      const float* from = x + r * length;
      float* y = to + r * length;
      walk(length, [&](int64_t i, int64_t count) HG_LAMBDA {
        put(y + i, (part(from + i, count, 0) - top) - logarithm, count);
      });
    }
  });
  return nullptr;
}

// dx, dy, y, rows, length: y (dy - sum(dy y))
HG_KERNEL(softmax_grad_f32) {
  each_group(args, 3, [&](int64_t at, int64_t rows, int64_t length) {
    float* dx = args.f32(0) + at;
    const float *dy = args.f32(1) + at, *y = args.f32(2) + at;
    float totals[HG_LANES];
    sums_of_group(totals, rows, [&](int64_t r) HG_LAMBDA {
      return sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA {
        return part(dy + r * length + i, count, 0) * part(y + r * length + i, count, 0);
      });
    });
    for (int64_t r = 0; r < rows; r++) {
      const Floats total = splat(totals[r]);
      const int64_t row = r * length;
      walk(length, [&](int64_t i, int64_t count) HG_LAMBDA {
        put(dx + row + i, part(y + row + i, count, 0) * (part(dy + row + i, count, 0) - total), count);
      });
    }
  });
  return nullptr;
}

// dx, dy, y, rows, length: dy - e^y sum(dy)
HG_KERNEL(log_softmax_grad_f32) {
  each_group(args, 3, [&](int64_t at, int64_t rows, int64_t length) {
    float* dx = args.f32(0) + at;
    const float *dy = args.f32(1) + at, *y = args.f32(2) + at;
    float totals[HG_LANES];
    sums_of_group(totals, rows, [&](int64_t r) HG_LAMBDA {
      return sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA { return part(dy + r * length + i, count, 0); });
    });
    for (int64_t r = 0; r < rows; r++) {
      const Floats total = splat(totals[r]);
      const int64_t row = r * length;
      walk(length, [&](int64_t i, int64_t count) HG_LAMBDA {
        put(dx + row + i, part(dy + row + i, count, 0) - exp(part(y + row + i, count, 0)) * total, count);
      });
    }
  });
  return nullptr;
}

HG_END
