// Functions of one number, on float32. Arguments: to, from, count, and for some one or two parameters.
#include "../simd/loops.h"
#include "../simd/math.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 15;

template <typename F>
HG_INLINE const char* each(const Arguments& args, F f) {
  float* to = args.f32(0);
  const float* from = args.f32(1);
  parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) { map(to + begin, from + begin, end - begin, f); });
  return nullptr;
}

// EXPRESSION is one of the vector `x`.
#define HG_UNARY(NAME, EXPRESSION) \
  HG_KERNEL(NAME) { \
    return each(args, [](Floats x) HG_LAMBDA -> Floats { return EXPRESSION; }); \
  }
// … and of the number `p`.
#define HG_UNARY_WITH(NAME, EXPRESSION) \
  HG_KERNEL(NAME) { \
    const float p = static_cast<float>(args.number(3)); \
    return each(args, [p](Floats x) HG_LAMBDA -> Floats { return EXPRESSION; }); \
  }

constexpr float kSeluScale = 1.0507009873554805f;
constexpr float kSeluScaleAlpha = 1.7580993408473768f;

HG_UNARY(relu_f32, select(x <= 0.0f, Floats{}, x))
HG_UNARY(relu6_f32, select(x <= 0.0f, Floats{}, select(x > 6.0f, splat(6), x)))
HG_UNARY_WITH(leaky_relu_f32, select(x < 0.0f, x * p, x))
HG_UNARY(elu_f32, select(x >= 0.0f, x, expm1(x)))
HG_UNARY(selu_f32, select(x >= 0.0f, x * kSeluScale, expm1(x) * kSeluScaleAlpha))
HG_UNARY_WITH(step_f32, select(x != x, x, select(x > 0.0f, splat(1), splat(p))))

HG_UNARY(exp_f32, exp(x))
HG_UNARY(expm1_f32, expm1(x))
HG_UNARY(log_f32, log(x))
HG_UNARY(log1p_f32, log1p(x))
HG_UNARY(sigmoid_f32, sigmoid(x))
HG_UNARY(tanh_f32, tanh(x))
HG_UNARY(softplus_f32, softplus(x))
HG_UNARY(erf_f32, erf(x))
HG_UNARY(sinh_f32, sinh(x))
HG_UNARY(cosh_f32, cosh(x))
HG_UNARY(asinh_f32, asinh(x))
HG_UNARY(acosh_f32, acosh(x))
HG_UNARY(atanh_f32, atanh(x))

HG_UNARY(sqrt_f32, sqrt(x))
HG_UNARY(rsqrt_f32, rsqrt(x))
HG_UNARY(reciprocal_f32, 1.0f / x)
HG_UNARY(square_f32, x * x)
HG_UNARY(abs_f32, abs(x))
HG_UNARY(neg_f32, -x)
// 0 for NaN
HG_UNARY(sign_f32, select(x > 0.0f, splat(1), select(x < 0.0f, splat(-1), Floats{})))
HG_UNARY(floor_f32, floor(x))
HG_UNARY(ceil_f32, ceil(x))
HG_UNARY(round_f32, round(x))

// to, from, count, smallest, largest
HG_KERNEL(clip_f32) {
  const Floats low = splat(static_cast<float>(args.number(3))), high = splat(static_cast<float>(args.number(4)));
  return each(args, [=](Floats x) HG_LAMBDA -> Floats { return select(x > high, high, select(x < low, low, x)); });
}

// to (bool), from, count
template <typename F>
HG_INLINE const char* test(const Arguments& args, F f) {
  uint8_t* to = args.u8(0);
  const float* from = args.f32(1);
  parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) to[i] = f(from[i]);
  });
  return nullptr;
}
HG_KERNEL(is_nan_f32) {
  return test(args, [](float x) HG_LAMBDA -> uint8_t { return x != x; });
}
HG_KERNEL(is_inf_f32) {
  return test(args, [](float x) HG_LAMBDA -> uint8_t { return abs(x) == kInfinity; });
}
HG_KERNEL(is_finite_f32) {
  return test(args, [](float x) HG_LAMBDA -> uint8_t { return abs(x) < kInfinity; });
}

HG_END
