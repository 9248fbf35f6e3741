// One pass over a parameter, its gradient and what an optimiser keeps of it.
//
// Arguments of each: gradient, value, states (0 for one that starts from zero), new value, new states, count, options. The new
// ones may be the old ones' own memory.
#include "../simd/simd.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 14;

HG_INLINE float option(const Arguments& args, int i) { return static_cast<float>(args.number(i)); }

// A state that starts from zero has no old memory: its new memory is filled with zeros and read instead.
HG_INLINE const float* started(const float* state, float* to, int64_t begin, int64_t end) {
  if (state != nullptr) return state;
  memset(to + begin, 0, static_cast<size_t>(end - begin) * 4);
  return to;
}

HG_INLINE float with_penalty(float gradient, float value, float penalty) {
  // an infinite value without a penalty leaves the gradient alone
  return penalty == 0 ? gradient : gradient + penalty * value;
}

// No states; the gradient is what is added.
HG_KERNEL(accumulate_update) {
  const float *addend = args.f32(0), *sum = args.f32(1);
  float* to = args.f32(2);
  parallel_ranges(args.at(3), kGrain, [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++) to[i] = sum[i] + addend[i];
  });
  return nullptr;
}

// No states; the gradient is a target. Options scale, weight: value += (scale target - value) weight
HG_KERNEL(average_update) {
  const float *target = args.f32(0), *value = args.f32(1);
  float* to = args.f32(2);
  const float scale = option(args, 4), weight = option(args, 5);
  parallel_ranges(args.at(3), kGrain, [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++) to[i] = value[i] + (target[i] * scale - value[i]) * weight;
  });
  return nullptr;
}

struct AdamOptions {
  float beta1, rest1, beta2, rest2, penalty, shrinkage, rate, eps;
  AdamOptions(const Arguments& args, int at)
      : beta1(option(args, at)),
        rest1(static_cast<float>(1 - args.number(at))),
        beta2(option(args, at + 1)),
        rest2(static_cast<float>(1 - args.number(at + 1))),
        penalty(option(args, at + 2)),
        shrinkage(option(args, at + 3)),
        rate(option(args, at + 4)),
        eps(option(args, at + 5)) {}
};

// States mean and square; options beta1, beta2, penalty, shrinkage, rate, eps:
// g = gradient + penalty value; mean = beta1 mean + (1 - beta1) g; square = beta2 square + (1 - beta2) g²;
// value = shrinkage value - rate mean / (sqrt(square) + eps)
HG_KERNEL(adam_update) {
  const float *gradient = args.f32(0), *value = args.f32(1), *mean = args.f32(2), *square = args.f32(3);
  float *to_value = args.f32(4), *to_mean = args.f32(5), *to_square = args.f32(6);
  const AdamOptions o(args, 8);
  parallel_ranges(args.at(7), kGrain, [=](int64_t begin, int64_t end) {
    const float* m = started(mean, to_mean, begin, end);
    const float* s = started(square, to_square, begin, end);
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++) {
      const float old = value[i];
      const float g = with_penalty(gradient[i], old, o.penalty);
      const float new_mean = o.beta1 * m[i] + o.rest1 * g;
      const float new_square = o.beta2 * s[i] + o.rest2 * (g * g);
      to_mean[i] = new_mean;
      to_square[i] = new_square;
      to_value[i] = o.shrinkage * old - o.rate * (new_mean / (__builtin_sqrtf(new_square) + o.eps));
    }
  });
  return nullptr;
}

// adam_update that divides by the root of a third state, the largest square so far.
HG_KERNEL(adam_amsgrad_update) {
  const float *gradient = args.f32(0), *value = args.f32(1), *mean = args.f32(2), *square = args.f32(3), *largest = args.f32(4);
  float *to_value = args.f32(5), *to_mean = args.f32(6), *to_square = args.f32(7), *to_largest = args.f32(8);
  const AdamOptions o(args, 10);
  parallel_ranges(args.at(9), kGrain, [=](int64_t begin, int64_t end) {
    const float* m = started(mean, to_mean, begin, end);
    const float* s = started(square, to_square, begin, end);
    const float* l = started(largest, to_largest, begin, end);
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++) {
      const float old = value[i];
      const float g = with_penalty(gradient[i], old, o.penalty);
      const float new_mean = o.beta1 * m[i] + o.rest1 * g;
      const float new_square = o.beta2 * s[i] + o.rest2 * (g * g);
      // whichever is NaN stays
      const float new_largest = l[i] > new_square || l[i] != l[i] ? l[i] : new_square;
      to_mean[i] = new_mean;
      to_square[i] = new_square;
      to_largest[i] = new_largest;
      to_value[i] = o.shrinkage * old - o.rate * (new_mean / (__builtin_sqrtf(new_largest) + o.eps));
    }
  });
  return nullptr;
}

HG_END
