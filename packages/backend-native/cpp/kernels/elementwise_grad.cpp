// Gradients of functions of one number, and of extremes. Arguments: dx, dy, the function's input or output, count, and for
// some one or two options of the function.
#include "../simd/loops.h"
#include "../simd/math.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 15;

template <typename F>
HG_INLINE const char* each(const Arguments& args, F f) {
  float* dx = args.f32(0);
  const float *dy = args.f32(1), *value = args.f32(2);
  parallel_ranges(args.at(3), kGrain, [=](int64_t begin, int64_t end) {
    map(dx + begin, dy + begin, value + begin, end - begin, f);
  });
  return nullptr;
}

// EXPRESSION is one of the gradient `dy` and the output `y` or the input `x`.
#define HG_GRADIENT(NAME, VALUE, EXPRESSION) \
  HG_KERNEL(NAME) { \
    return each(args, [](Floats dy, Floats VALUE) HG_LAMBDA -> Floats { return EXPRESSION; }); \
  }

HG_GRADIENT(relu_grad, y, select(y <= 0.0f, Floats{}, dy))
HG_GRADIENT(relu6_grad, y, select((y <= 0.0f) | (y >= 6.0f), Floats{}, dy))
HG_GRADIENT(selu_grad, y, dy * select(y > 0.0f, splat(1.0507009873554805f), y + 1.7580993408473768f))
HG_GRADIENT(expm1_grad, y, dy * (y + 1.0f))
HG_GRADIENT(reciprocal_grad, y, -(dy * (y * y)))
HG_GRADIENT(rsqrt_grad, y, dy * (-0.5f * (y * (y * y))))
HG_GRADIENT(sigmoid_grad, y, dy * (y * (1.0f - y)))
HG_GRADIENT(sqrt_grad, y, dy / (y * 2.0f))
HG_GRADIENT(tanh_grad, y, dy * (1.0f - y * y))
HG_GRADIENT(abs_grad, x, dy * select(x > 0.0f, splat(1), select(x < 0.0f, splat(-1), Floats{})))
HG_GRADIENT(erf_grad, x, dy * (1.1283791671f * exp(-(x * x))))
HG_GRADIENT(log1p_grad, x, dy / (x + 1.0f))
HG_GRADIENT(softplus_grad, x, dy * sigmoid(x))
HG_GRADIENT(square_grad, x, dy * (x * 2.0f))

HG_KERNEL(leaky_relu_grad) {
  const float slope = static_cast<float>(args.number(4));
  return each(args, [slope](Floats dy, Floats x) HG_LAMBDA -> Floats { return select(x > 0.0f, dy, dy * slope); });
}
HG_KERNEL(clip_grad) {
  const float low = static_cast<float>(args.number(4)), high = static_cast<float>(args.number(5));
  return each(args, [=](Floats dy, Floats x) HG_LAMBDA -> Floats {
    return select((x >= low) & (x <= high), dy, Floats{});
  });
}

// dx, x, y, dy, outer, length, inner: each element of the middle of x that equals y gets its share of dy.
HG_KERNEL(extreme_grad) {
  float* dx = args.f32(0);
  const float *x = args.f32(1), *y = args.f32(2), *dy = args.f32(3);
  const int64_t outer = args.at(4), length = args.at(5), inner = args.at(6);
  if (inner == 1) {
    parallel_ranges(outer, kGrain / larger<int64_t>(length, 1), [=](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        const float *from = x + row * length, top = y[row];
        float* __restrict to = dx + row * length;
        int64_t count = 0;
        for (int64_t i = 0; i < length; i++) count += from[i] == top;
        const float share = dy[row] / static_cast<float>(count), none = share * 0.0f;
        for (int64_t i = 0; i < length; i++) to[i] = from[i] == top ? share : none;
      }
    });
    return nullptr;
  }
  constexpr int64_t kWidth = 512;
  const int64_t stripes = (inner + kWidth - 1) / kWidth;
  const int64_t work = length * smaller(inner, kWidth);
  parallel_ranges(outer * stripes, kGrain / larger<int64_t>(work, 1), [=](int64_t begin, int64_t end) {
    float share[kWidth];
    for (int64_t at = begin; at < end; at++) {
      const int64_t o = at / stripes, column = at % stripes * kWidth, columns = smaller(kWidth, inner - column);
      const float *from = x + o * length * inner + column, *top = y + o * inner + column, *given = dy + o * inner + column;
      for (int64_t i = 0; i < columns; i++) share[i] = 0;
      for (int64_t row = 0; row < length; row++)
        for (int64_t i = 0; i < columns; i++) share[i] += from[row * inner + i] == top[i] ? 1.0f : 0.0f;
      for (int64_t i = 0; i < columns; i++) share[i] = given[i] / share[i];
      float* __restrict to = dx + o * length * inner + column;
      for (int64_t row = 0; row < length; row++)
        for (int64_t i = 0; i < columns; i++)
          to[row * inner + i] = share[i] * (from[row * inner + i] == top[i] ? 1.0f : 0.0f);
    }
  });
  return nullptr;
}

HG_END
