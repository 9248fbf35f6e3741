// Softmax over rows, its logarithm, and both gradients.
#include "../simd/loops.h"
#include "../simd/math.h"

HG_BEGIN

constexpr int64_t kPiece = 1 << 14;

template <typename Body>
HG_INLINE void each_row(const Arguments& args, int rows_at, Body body) {
  const int64_t length = args.at(rows_at + 1);
  parallel_ranges(args.at(rows_at), kPiece / larger<int64_t>(length, 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) body(row * length, length);
  });
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

HG_INLINE float largest_of(const float* x, int64_t length) {
  Floats top = splat(-kInfinity);
  walk(length, [&](int64_t i, int64_t count) HG_LAMBDA { top = maximum(top, part(x + i, count, -kInfinity)); });
  float lanes[HG_LANES];
  store(lanes, top);
  for (int half = HG_LANES / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] = maximum(lanes[l], lanes[l + half]);
  return lanes[0];
}

// Sums of f(i, count), with 0 in lanes that do not count; of many vectors in two steps, for accuracy.
template <typename F>
HG_INLINE float sum_over(int64_t length, F f) {
  double total = 0;
  for (int64_t begin = 0; begin < length; begin += 4096) {
    Floats sum = {};
    walk(smaller<int64_t>(4096, length - begin),
         [&](int64_t i, int64_t count) HG_LAMBDA { sum = sum + f(begin + i, count); });
    total += sum_of(sum);
  }
  return static_cast<float>(total);
}

// to, logits, rows, length
HG_KERNEL(softmax_f32) {
  each_row(args, 2, [&](int64_t at, int64_t length) {
    float* to = args.f32(0) + at;
    const float* x = args.f32(1) + at;
    const Floats top = splat(largest_of(x, length));
    const float total = sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA {
      // lanes that do not count are e to the power of -infinity
      const Floats e = exp(part(x + i, count, -kInfinity) - top);
      put(to + i, e, count);
      return count == HG_LANES ? e : load_some(to + i, count);
    });
    const Floats share = splat(1.0f / total);
    walk(length, [&](int64_t i, int64_t count) HG_LAMBDA { put(to + i, part(to + i, count, 0) * share, count); });
  });
  return nullptr;
}

// to, logits, rows, length
HG_KERNEL(log_softmax_f32) {
  each_row(args, 2, [&](int64_t at, int64_t length) {
    float* to = args.f32(0) + at;
    const float* x = args.f32(1) + at;
    const Floats top = splat(largest_of(x, length));
    const float total = sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA {
      return exp(part(x + i, count, -kInfinity) - top);
    });
    const Floats logarithm = splat(log(total));
    walk(length, [&](int64_t i, int64_t count) HG_LAMBDA { put(to + i, (part(x + i, count, 0) - top) - logarithm, count); });
  });
  return nullptr;
}

// dx, dy, y, rows, length: y (dy - sum(dy y))
HG_KERNEL(softmax_grad_f32) {
  each_row(args, 3, [&](int64_t at, int64_t length) {
    float* dx = args.f32(0) + at;
    const float *dy = args.f32(1) + at, *y = args.f32(2) + at;
    const Floats total = splat(sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA {
      return part(dy + i, count, 0) * part(y + i, count, 0);
    }));
    walk(length, [&](int64_t i, int64_t count) HG_LAMBDA {
      put(dx + i, part(y + i, count, 0) * (part(dy + i, count, 0) - total), count);
    });
  });
  return nullptr;
}

// dx, dy, y, rows, length: dy - e^y sum(dy)
HG_KERNEL(log_softmax_grad_f32) {
  each_row(args, 3, [&](int64_t at, int64_t length) {
    float* dx = args.f32(0) + at;
    const float *dy = args.f32(1) + at, *y = args.f32(2) + at;
    const Floats total =
        splat(sum_over(length, [&](int64_t i, int64_t count) HG_LAMBDA { return part(dy + i, count, 0); }));
    walk(length, [&](int64_t i, int64_t count) HG_LAMBDA {
      put(dx + i, part(dy + i, count, 0) - exp(part(y + i, count, 0)) * total, count);
    });
  });
  return nullptr;
}

HG_END
