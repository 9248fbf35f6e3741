// Sums, products, extremes and truth over some axes. Arguments of all: see reduce.h.
#include "../elementwise/reduce.h"

#include "../simd/math.h"

HG_BEGIN

struct SumFloats {
  typedef float In;
  typedef float Step;
  typedef double Carry;
  typedef float Out;
  template <typename T>
  static HG_INLINE T first() {
    return 0;
  }
  template <typename T>
  static HG_INLINE T of(T a, T b) {
    return a + b;
  }
  static HG_INLINE float finish(double total, double divisor) { return static_cast<float>(total / divisor); }
};

// int32 wraps around, which unsigned numbers do by definition.
template <typename From>
struct SumIntegers {
  typedef From In;
  typedef uint32_t Step;
  typedef uint32_t Carry;
  typedef uint32_t Out;
  template <typename T>
  static HG_INLINE T first() {
    return 0;
  }
  static HG_INLINE uint32_t of(uint32_t a, uint32_t b) { return a + b; }
  static HG_INLINE uint32_t finish(uint32_t total, double) { return total; }
};

// In double precision throughout: a product of a few numbers may leave float's range on the way.
struct ProductFloats {
  typedef float In;
  typedef double Step;
  typedef double Carry;
  typedef float Out;
  template <typename T>
  static HG_INLINE T first() {
    return 1;
  }
  static HG_INLINE double of(double a, double b) { return a * b; }
  static HG_INLINE float finish(double total, double) { return static_cast<float>(total); }
};

template <typename From>
struct ProductIntegers {
  typedef From In;
  typedef uint32_t Step;
  typedef uint32_t Carry;
  typedef uint32_t Out;
  template <typename T>
  static HG_INLINE T first() {
    return 1;
  }
  static HG_INLINE uint32_t of(uint32_t a, uint32_t b) { return a * b; }
  static HG_INLINE uint32_t finish(uint32_t total, double) { return total; }
};

// The least of a type.
template <typename T>
HG_INLINE T lowest();
template <>
HG_INLINE float lowest<float>() {
  return -kInfinity;
}
template <>
HG_INLINE int32_t lowest<int32_t>() {
  return INT32_MIN;
}
template <>
HG_INLINE uint8_t lowest<uint8_t>() {
  return 0;
}
template <typename T>
HG_INLINE T highest();
template <>
HG_INLINE float highest<float>() {
  return kInfinity;
}
template <>
HG_INLINE int32_t highest<int32_t>() {
  return INT32_MAX;
}
template <>
HG_INLINE uint8_t highest<uint8_t>() {
  return 255;
}

template <typename Number>
struct Largest {
  typedef Number In;
  typedef Number Step;
  typedef Number Carry;
  typedef Number Out;
  template <typename T>
  static HG_INLINE T first() {
    return lowest<Number>();
  }
  template <typename T>
  static HG_INLINE T of(T a, T b) {
    return maximum(a, b);
  }
  static HG_INLINE Number finish(Number total, double) { return total; }
};

template <typename Number>
struct Smallest {
  typedef Number In;
  typedef Number Step;
  typedef Number Carry;
  typedef Number Out;
  template <typename T>
  static HG_INLINE T first() {
    return highest<Number>();
  }
  template <typename T>
  static HG_INLINE T of(T a, T b) {
    return minimum(a, b);
  }
  static HG_INLINE Number finish(Number total, double) { return total; }
};

HG_KERNEL(sum_f32) { return reduce<SumFloats>(args); }
HG_KERNEL(sum_i32) { return reduce<SumIntegers<uint32_t>>(args); }
HG_KERNEL(sum_bool) { return reduce<SumIntegers<uint8_t>>(args); }
HG_KERNEL(prod_f32) { return reduce<ProductFloats>(args); }
HG_KERNEL(prod_i32) { return reduce<ProductIntegers<uint32_t>>(args); }
HG_KERNEL(prod_bool) { return reduce<ProductIntegers<uint8_t>>(args); }
HG_KERNEL(max_f32) { return reduce<Largest<float>>(args); }
HG_KERNEL(max_i32) { return reduce<Largest<int32_t>>(args); }
HG_KERNEL(max_bool) { return reduce<Largest<uint8_t>>(args); }
HG_KERNEL(min_f32) { return reduce<Smallest<float>>(args); }
HG_KERNEL(min_i32) { return reduce<Smallest<int32_t>>(args); }
HG_KERNEL(min_bool) { return reduce<Smallest<uint8_t>>(args); }

HG_END
