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

// No states; options penalty, rate: value -= rate (gradient + penalty value)
HG_KERNEL(sgd_update) {
  const float *gradient = args.f32(0), *value = args.f32(1);
  float* to_value = args.f32(2);
  const float penalty = option(args, 4), rate = option(args, 5);
  parallel_ranges(args.at(3), kGrain, [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++)
      to_value[i] = value[i] - rate * with_penalty(gradient[i], value[i], penalty);
  });
  return nullptr;
}

// State velocity, 0 in the first step; options penalty, rate, momentum, dampening, nesterov:
// g = gradient + penalty value; velocity = momentum velocity + (1 - dampening) g, at first g;
// value -= rate velocity, or with nesterov rate (g + momentum velocity)
HG_KERNEL(sgd_momentum_update) {
  const float *gradient = args.f32(0), *value = args.f32(1), *velocity = args.f32(2);
  float *to_value = args.f32(3), *to_velocity = args.f32(4);
  const float penalty = option(args, 6), rate = option(args, 7), momentum = option(args, 8);
  // the first velocity is the undamped gradient
  const float share = velocity == nullptr ? 1 : static_cast<float>(1 - args.number(9));
  const bool nesterov = args.flag(10);
  parallel_ranges(args.at(5), kGrain, [=](int64_t begin, int64_t end) {
    const float* v = started(velocity, to_velocity, begin, end);
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++) {
      const float old = value[i];
      const float g = with_penalty(gradient[i], old, penalty);
      const float next = momentum * v[i] + share * g;
      to_velocity[i] = next;
      to_value[i] = old - rate * (nesterov ? g + momentum * next : next);
    }
  });
  return nullptr;
}

// States square, mean, velocity; options penalty, rate, alpha, eps, momentum. Where the mean's or the velocity's new memory is
// 0 there is none.
HG_KERNEL(rmsprop_update) {
  const float *gradient = args.f32(0), *value = args.f32(1), *square = args.f32(2), *mean = args.f32(3), *velocity = args.f32(4);
  float *to_value = args.f32(5), *to_square = args.f32(6), *to_mean = args.f32(7), *to_velocity = args.f32(8);
  const float penalty = option(args, 10), rate = option(args, 11), alpha = option(args, 12);
  const float rest = static_cast<float>(1 - args.number(12)), eps = option(args, 13), momentum = option(args, 14);
  parallel_ranges(args.at(9), kGrain, [=](int64_t begin, int64_t end) {
    const float* s = started(square, to_square, begin, end);
    const float* m = to_mean == nullptr ? nullptr : started(mean, to_mean, begin, end);
    const float* v = to_velocity == nullptr ? nullptr : started(velocity, to_velocity, begin, end);
    // in parts that stay in the cache between the loops
    constexpr int64_t part = 1024;
    float directions[part];
    for (int64_t from = begin; from < end; from += part) {
      const int64_t count = smaller(part, end - from);
      const float *g0 = gradient + from, *old = value + from, *s0 = s + from;
      float *s1 = to_square + from, *to = to_value + from;
      if (m == nullptr) {
#pragma GCC ivdep
        for (int64_t i = 0; i < count; i++) {
          const float g = with_penalty(g0[i], old[i], penalty);
          s1[i] = alpha * s0[i] + rest * (g * g);
          directions[i] = g / (__builtin_sqrtf(s1[i]) + eps);
        }
      } else {
        const float* m0 = m + from;
        float* m1 = to_mean + from;
#pragma GCC ivdep
        for (int64_t i = 0; i < count; i++) {
          const float g = with_penalty(g0[i], old[i], penalty);
          s1[i] = alpha * s0[i] + rest * (g * g);
          m1[i] = alpha * m0[i] + rest * g;
          directions[i] = g / (__builtin_sqrtf(s1[i] - m1[i] * m1[i]) + eps);
        }
      }
      if (v != nullptr) {
        const float* v0 = v + from;
        float* v1 = to_velocity + from;
#pragma GCC ivdep
        for (int64_t i = 0; i < count; i++) v1[i] = directions[i] = momentum * v0[i] + directions[i];
      }
#pragma GCC ivdep
      for (int64_t i = 0; i < count; i++) to[i] = old[i] - rate * directions[i];
    }
  });
  return nullptr;
}

// State sum; options penalty, rate, eps: g = gradient + penalty value; sum += g²; value -= rate g / (sqrt(sum) + eps)
HG_KERNEL(adagrad_update) {
  const float *gradient = args.f32(0), *value = args.f32(1), *sum = args.f32(2);
  float *to_value = args.f32(3), *to_sum = args.f32(4);
  const float penalty = option(args, 6), rate = option(args, 7), eps = option(args, 8);
  parallel_ranges(args.at(5), kGrain, [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; i++) {
      const float old = value[i];
      const float g = with_penalty(gradient[i], old, penalty);
      const float next = sum[i] + g * g;
      to_sum[i] = next;
      to_value[i] = old - rate * (g / (__builtin_sqrtf(next) + eps));
    }
  });
  return nullptr;
}

// x, count, to: writes the Euclidean norm of x
HG_KERNEL(euclidean_norm) {
  const float* x = args.f32(0);
  const int64_t count = args.at(1), chunks = (count + kGrain - 1) / kGrain;
  auto* sums = static_cast<double*>(scratch(0, static_cast<size_t>(chunks + 1) * sizeof(double)));
  if (sums == nullptr) return "out of memory";
  parallel(chunks, [=](int64_t chunk) {
    const int64_t begin = chunk * kGrain, end = smaller(count, begin + kGrain);
    constexpr int lanes = 16;
    double lane[lanes] = {};
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes)
      for (int l = 0; l < lanes; l++) lane[l] += static_cast<double>(x[i + l]) * x[i + l];
    for (; i < end; i++) lane[0] += static_cast<double>(x[i]) * x[i];
    double sum = 0;
    for (int l = 0; l < lanes; l++) sum += lane[l];
    sums[chunk] = sum;
  });
  double sum = 0;
  for (int64_t chunk = 0; chunk < chunks; chunk++) sum += sums[chunk];
  *args.f32(2) = static_cast<float>(__builtin_sqrt(sum));
  return nullptr;
}

HG_END
