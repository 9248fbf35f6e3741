// Arithmetic of two tensors with broadcasting. Arguments of all: see broadcast.h.
#include "../elementwise/broadcast.h"
#include "../elementwise/conversion.h"
#include "../simd/trigonometry.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 15;
// for what costs some ten times an addition
constexpr int64_t kHeavyGrain = 1 << 12;
constexpr int64_t kPowerGrain = 1 << 14;

struct Add {
  template <typename V>
  static HG_INLINE V of(V a, V b) {
    return a + b;
  }
};
struct Sub {
  template <typename V>
  static HG_INLINE V of(V a, V b) {
    return a - b;
  }
};
struct Multiply {
  template <typename V>
  static HG_INLINE V of(V a, V b) {
    return a * b;
  }
};
struct Divide {
  static HG_INLINE Floats of(Floats a, Floats b) { return a / b; }
};
struct SquaredDifference {
  template <typename V>
  static HG_INLINE V of(V a, V b) {
    const V d = a - b;
    return d * d;
  }
};
struct Maximum {
  template <typename V>
  static HG_INLINE V of(V a, V b) {
    return maximum(a, b);
  }
};
struct Minimum {
  template <typename V>
  static HG_INLINE V of(V a, V b) {
    return minimum(a, b);
  }
};
struct Prelu {
  static HG_INLINE Floats of(Floats x, Floats slope) { return select(x < 0.0f, Floats(x * slope), x); }
};
struct EluGrad {
  static HG_INLINE Floats of(Floats dy, Floats y) { return select(y >= 0.0f, dy, Floats(dy * (y + 1.0f))); }
};
struct Atan2 {
  static HG_INLINE Floats of(Floats a, Floats b) { return atan2(a, b); }
};
struct Power {
  static HG_INLINE Floats of(Floats a, Floats b) { return pow(a, b); }
  static HG_INLINE int32_t of(int32_t a, int32_t b) { return to_int32(__builtin_pow(a, b)); }
};
// The loop of powers, with short ways for the exponents that models use.
void power_loop(void* to, const void* a, const void* b, int64_t count, Walk walk) {
  float* out = static_cast<float*>(to);
  const float* x = static_cast<const float*>(a);
  const float exponent = *static_cast<const float*>(b);
  if (walk == kOnlyA && exponent == 2)
    map(out, x, count, [](Floats p) HG_LAMBDA { return p * p; });
  else if (walk == kOnlyA && exponent == 3)
    map(out, x, count, [](Floats p) HG_LAMBDA { return p * p * p; });
  else if (walk == kOnlyA && exponent == 1)
    map(out, x, count, [](Floats p) HG_LAMBDA { return p; });
  else if (walk == kOnlyA && exponent == -1)
    map(out, x, count, [](Floats p) HG_LAMBDA { return 1.0f / p; });
  else if (walk == kOnlyA && exponent == 0.5f)
    // of -0 it is 0, of -infinity it is infinity
    map(out, x, count, [](Floats p) HG_LAMBDA { return select(p == -kInfinity, -p, sqrt(p + 0.0f)); });
  else
    float_loop<Power>(to, a, b, count, walk);
}
struct FloorDivide {
  template <typename T>
  static HG_INLINE int32_t of(T a, T b) {
    return to_int32(__builtin_floor(static_cast<double>(a) / static_cast<double>(b)));
  }
};
struct DivideIntegers {
  static HG_INLINE int32_t of(int32_t a, int32_t b) {
    return to_int32(static_cast<double>(a) / static_cast<double>(b));
  }
};
// The remainder with the sign of the divisor.
struct Mod {
  static HG_INLINE double of(double a, double b) {
    const double rest = __builtin_fmod(a, b);
    return (a < 0 && b < 0) || (a >= 0 && b >= 0) ? rest : __builtin_fmod(rest + b, b);
  }
  static HG_INLINE float of(float a, float b) { return static_cast<float>(of(double(a), double(b))); }
  static HG_INLINE int32_t of(int32_t a, int32_t b) { return b == 0 ? 0 : to_int32(of(double(a), double(b))); }
};
struct And {
  template <typename T>
  static HG_INLINE T of(T a, T b) {
    return a & b;
  }
};

#define HG_FLOAT_BINARY(NAME, OPERATION) \
  HG_KERNEL(NAME) { return broadcast(args, 0, float_loop<OPERATION>, 4, 4, kGrain); }
#define HG_PLAIN_BINARY(NAME, OPERATION, IN, OUT, GRAIN) \
  HG_KERNEL(NAME) { return broadcast(args, 0, plain_loop<OPERATION, IN, OUT>, sizeof(IN), sizeof(OUT), GRAIN); }

HG_FLOAT_BINARY(add_f32, Add)
HG_FLOAT_BINARY(sub_f32, Sub)
HG_FLOAT_BINARY(multiply_f32, Multiply)
HG_FLOAT_BINARY(divide_f32, Divide)
HG_FLOAT_BINARY(squared_difference_f32, SquaredDifference)
HG_FLOAT_BINARY(maximum_f32, Maximum)
HG_FLOAT_BINARY(minimum_f32, Minimum)
HG_FLOAT_BINARY(prelu_f32, Prelu)
HG_FLOAT_BINARY(elu_grad_f32, EluGrad)
HG_FLOAT_BINARY(atan2_f32, Atan2)
HG_KERNEL(pow_f32) { return broadcast(args, 0, power_loop, 4, 4, kPowerGrain); }
HG_PLAIN_BINARY(mod_f32, Mod, float, float, kHeavyGrain)
HG_PLAIN_BINARY(floor_divide_f32, FloorDivide, float, int32_t, kHeavyGrain)

// int32 wraps around, which unsigned numbers do by definition
HG_PLAIN_BINARY(add_i32, Add, uint32_t, uint32_t, kGrain)
HG_PLAIN_BINARY(sub_i32, Sub, uint32_t, uint32_t, kGrain)
HG_PLAIN_BINARY(multiply_i32, Multiply, uint32_t, uint32_t, kGrain)
HG_PLAIN_BINARY(squared_difference_i32, SquaredDifference, uint32_t, uint32_t, kGrain)
HG_PLAIN_BINARY(maximum_i32, Maximum, int32_t, int32_t, kGrain)
HG_PLAIN_BINARY(minimum_i32, Minimum, int32_t, int32_t, kGrain)
HG_PLAIN_BINARY(bitwise_and_i32, And, int32_t, int32_t, kGrain)
HG_PLAIN_BINARY(divide_i32, DivideIntegers, int32_t, int32_t, kGrain)
HG_PLAIN_BINARY(floor_divide_i32, FloorDivide, int32_t, int32_t, kGrain)
HG_PLAIN_BINARY(mod_i32, Mod, int32_t, int32_t, kHeavyGrain)
HG_PLAIN_BINARY(pow_i32, Power, int32_t, int32_t, kHeavyGrain)

HG_PLAIN_BINARY(add_bool, Add, uint8_t, uint8_t, kGrain)
HG_PLAIN_BINARY(sub_bool, Sub, uint8_t, uint8_t, kGrain)
HG_PLAIN_BINARY(multiply_bool, Multiply, uint8_t, uint8_t, kGrain)
HG_PLAIN_BINARY(maximum_bool, Maximum, uint8_t, uint8_t, kGrain)
HG_PLAIN_BINARY(minimum_bool, Minimum, uint8_t, uint8_t, kGrain)

// to, count, how many, their addresses: the sum of tensors of one shape
template <typename T>
void sum_of_tensors(const Arguments& args) {
  T* to = args.pointer<T>(0);
  const int many = static_cast<int>(args.at(2));
  parallel_ranges(args.at(1), kGrain, [&](int64_t begin, int64_t end) {
    // a piece at a time, so that it stays in the cache while it grows
    for (int64_t at = begin; at < end; at += 2048) {
      const int64_t count = smaller<int64_t>(2048, end - at);
      T* __restrict out = to + at;
      memcpy(out, args.pointer<const T>(3) + at, static_cast<size_t>(count) * sizeof(T));
      for (int k = 1; k < many; k++) {
        const T* __restrict more = args.pointer<const T>(3 + k) + at;
        for (int64_t i = 0; i < count; i++) out[i] += more[i];
      }
    }
  });
}
HG_KERNEL(add_n_f32) {
  sum_of_tensors<float>(args);
  return nullptr;
}
HG_KERNEL(add_n_i32) {
  sum_of_tensors<uint32_t>(args);
  return nullptr;
}

HG_END
