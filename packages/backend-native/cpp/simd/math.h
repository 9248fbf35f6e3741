// Elementary functions, for a vector (Floats) or a single float alike and without branches, so that loops over them keep
// all lanes busy. Errors are below 2.5 units in the last place; infinities, NaN, signed
// zeros and denormals come out as IEEE wants them. Polynomials are minimax fits (Lawson's algorithm) on the ranges named.
#pragma once
#include "simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

template <typename V>
struct IntegersOf;
template <>
struct IntegersOf<float> {
  typedef int32_t type;
};
template <>
struct IntegersOf<Floats> {
  typedef Ints type;
};
template <typename V>
using Integers = typename IntegersOf<V>::type;

// The same bits as another type.
HG_INLINE int32_t bits_of(float value) {
  int32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}
HG_INLINE Ints bits_of(Floats value) { return reinterpret_cast<Ints>(value); }
HG_INLINE float from_bits(int32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
HG_INLINE Floats from_bits(Ints bits) { return reinterpret_cast<Floats>(bits); }

// a - b modulo 2^32.
HG_INLINE int32_t minus_wrapping(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}
HG_INLINE Ints minus_wrapping(Ints a, int32_t b) {
  typedef uint32_t Unsigned __attribute__((vector_size(HG_LANES * 4)));
  return reinterpret_cast<Ints>(reinterpret_cast<Unsigned>(a) - static_cast<uint32_t>(b));
}

template <typename V>
HG_INLINE V constant(float value) {
  return V{} + value;
}

// mask ? yes : no, lane by lane.
template <typename Mask, typename V>
HG_INLINE V select(Mask mask, V yes, V no) {
  return mask ? yes : no;
}

HG_INLINE float to_floats(int32_t n) { return static_cast<float>(n); }
HG_INLINE Floats to_floats(Ints n) { return __builtin_convertvector(n, Floats); }
// Towards 0; of a number that is no int32 anything.
HG_INLINE int32_t to_integers(float x) { return x > -2147483648.0f && x < 2147483648.0f ? static_cast<int32_t>(x) : 0; }
HG_INLINE Ints to_integers(Floats x) { return __builtin_convertvector(x, Ints); }

constexpr float kInfinity = __builtin_inff();
constexpr float kNaN = __builtin_nanf("");
constexpr float kLn2 = 0.693147180559945f;

template <typename V>
HG_INLINE V abs(V x) {
  return from_bits(bits_of(x) & 0x7fffffff);
}

// The size of `size` (not negative) with the sign of `sign`.
template <typename V>
HG_INLINE V copy_sign(V size, V sign) {
  return from_bits(bits_of(size) | (bits_of(sign) & static_cast<int32_t>(0x80000000)));
}

// The larger and the smaller of two; NaN if either is NaN.
template <typename V>
HG_INLINE V maximum(V a, V b) {
  return select((a > b) | (a != a), a, b);
}
template <typename V>
HG_INLINE V minimum(V a, V b) {
  return select((a < b) | (a != a), a, b);
}

HG_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
HG_INLINE Floats sqrt(Floats x) {
  Floats y;
  for (int i = 0; i < HG_LANES; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
}

// Exactly rounded twice, unlike the processor's estimate.
template <typename V>
HG_INLINE V rsqrt(V x) {
  return 1.0f / sqrt(x);
}

// The nearest whole number, ties to even, for |x| < 2^22; `n` is that number.
template <typename V>
HG_INLINE V round_small(V x, Integers<V>* n) {
  const V shifted = x + 12582912.0f;  // 1.5 * 2^23: its last bit counts ones
  *n = bits_of(shifted) - 0x4b400000;
  return shifted - 12582912.0f;
}

// 2^n for -126 <= n <= 127.
template <typename V>
HG_INLINE V power_of_two(Integers<V> n) {
  return from_bits((n + 127) << 23);
}

// x = n ln 2 + r with |r| <= ln 2 / 2; returns e^r - 1 - r, for the caller to add what is left.
template <typename V>
HG_INLINE V exp_reduced(V x, Integers<V>* n, V* r) {
  const V whole = round_small(V(x * 1.44269504f), n);
  // the first part of ln 2 has few enough bits for an exact product
  V rest = x - whole * 0.693359375f;
  rest = rest + whole * 2.12194440e-4f;
  V q = constant<V>(1.3946554e-3f);
  q = q * rest + 8.366644e-3f;
  q = q * rest + 4.166628e-2f;
  q = q * rest + 1.6666542e-1f;
  q = q * rest + 0.5f;
  *r = rest;
  return rest * rest * q;
}

// Whole numbers below, above and nearest to x; the nearest of ties is the even one.
template <typename V>
HG_INLINE V floor(V x) {
  const V whole = to_floats(to_integers(x));
  const V below = whole - select(whole > x, constant<V>(1.0f), V{});
  // from 2^23 on every float is whole; conversions of those mean nothing
  return select(abs(x) < 8388608.0f, copy_sign(abs(below), x), x);
}
template <typename V>
HG_INLINE V ceil(V x) {
  return -floor(V(-x));
}
template <typename V>
HG_INLINE V round(V x) {
  const V size = abs(x);
  return select(size < 8388608.0f, copy_sign(V((size + 8388608.0f) - 8388608.0f), x), x);
}

template <typename V>
HG_INLINE V exp(V x) {
  // beyond these it is infinite and 0; comparisons let NaN through
  V bounded = select(x > 89.0f, constant<V>(89.0f), x);
  bounded = select(bounded < -104.0f, constant<V>(-104.0f), bounded);
  Integers<V> n;
  V r;
  const V p = exp_reduced(bounded, &n, &r);
  // in two steps, for results that are denormal or just about to overflow
  const Integers<V> half = n >> 1;
  return (1.0f + (r + p)) * power_of_two<V>(half) * power_of_two<V>(n - half);
}

template <typename V>
HG_INLINE V expm1(V x) {
  V bounded = select(x > 89.0f, constant<V>(89.0f), x);
  bounded = select(bounded < -18.0f, constant<V>(-18.0f), bounded);
  Integers<V> n;
  V r;
  const V p = exp_reduced(bounded, &n, &r);
  const auto top = n > 127;
  const V scale = power_of_two<V>(select(top, Integers<V>{} + 127, n));
  const V y = (r + p) * scale + (scale - 1.0f);
  // e^r - 1 itself where it is not scaled, so that its small digits stay
  return select(n == 0, V(select(x == 0.0f, x, V(r + p))), V(y * select(top, constant<V>(2.0f), constant<V>(1.0f))));
}

template <typename V>
HG_INLINE V log(V x) {
  const auto denormal = x < 1.17549435e-38f;
  const V scaled = select(denormal, V(x * 8388608.0f), x);
  // m in [sqrt(1/2), sqrt(2)), x = 2^e m; what negative numbers give is not used
  const Integers<V> i = minus_wrapping(bits_of(scaled), 0x3f3504f3);
  const Integers<V> e = (i >> 23) - select(denormal, Integers<V>{} + 23, Integers<V>{});
  const V f = from_bits((i & 0x7fffff) + 0x3f3504f3) - 1.0f;
  const V exponent = to_floats(e);
  V q = constant<V>(6.920878e-2f);
  q = q * f - 1.17988646e-1f;
  q = q * f + 1.18753396e-1f;
  q = q * f - 1.2383068e-1f;
  q = q * f + 1.4218202e-1f;
  q = q * f - 1.6669305e-1f;
  q = q * f + 2.0002249e-1f;
  q = q * f - 2.4999987e-1f;
  q = q * f + 3.333331e-1f;
  const V square = f * f;
  V y = square * f * q - exponent * 2.12194440e-4f;
  y = y - 0.5f * square;
  y = (f + y) + exponent * 0.693359375f;
  const V special = select(x == 0.0f, constant<V>(-kInfinity), constant<V>(kNaN));
  return select(x > 0.0f, V(select(x < kInfinity, y, x)), special);
}

template <typename V>
HG_INLINE V log1p(V x) {
  const V u = 1.0f + x;
  // what the sum lost
  const V lost = select(x > 1.0f, V(1.0f - (u - x)), V(x - (u - 1.0f)));
  const V logarithm = log(u);
  const V y = select((u > 0.0f) & (u < kInfinity), V(logarithm + lost / u), logarithm);
  return select(x == 0.0f, x, y);
}

template <typename V>
HG_INLINE V tanh(V x) {
  const V e = expm1(V(-2.0f * abs(x)));
  return copy_sign(V(abs(e) / (2.0f + e)), x);
}

template <typename V>
HG_INLINE V sigmoid(V x) {
  const V e = exp(V(-abs(x)));
  return select(x < 0.0f, e, constant<V>(1.0f)) / (1.0f + e);
}

// log(1 + e^x)
template <typename V>
HG_INLINE V softplus(V x) {
  return select(x > 0.0f, x, V{}) + log1p(exp(V(-abs(x))));
}

template <typename V>
HG_INLINE V erf(V x) {
  const V a = abs(x);
  const V z = x * x;
  // |x| < 0.925: x times a polynomial of x^2
  V s = constant<V>(8.215427e-5f);
  s = s * z - 8.105966e-4f;
  s = s * z + 5.1977974e-3f;
  s = s * z - 2.6858104e-2f;
  s = s * z + 1.12836726e-1f;
  s = s * z - 3.7612632e-1f;
  s = s * z + 1.1283792f;
  // beyond: 1 - e^g with the polynomial g = log(erfc); at 4 that is 1
  const V t = select(a > 4.0f, constant<V>(4.0f), a);
  V g = constant<V>(1.9821979e-4f);
  g = g * t - 3.0654916e-3f;
  g = g * t + 2.2315217e-2f;
  g = g * t - 1.0411369e-1f;
  g = g * t - 6.3697606e-1f;
  g = g * t - 1.1277972f;
  g = g * t - 1.664462e-4f;
  return select(a < 0.925f, V(x * s), copy_sign(V(1.0f - exp(g)), x));
}

template <typename V>
HG_INLINE V sinh(V x) {
  const V a = abs(x);
  const V e = expm1(a);
  // in two factors where e^a alone would overflow
  const V root = exp(V(0.5f * a));
  const V size = select(a > 88.0f, V(0.5f * root * root), V(0.5f * (e + e / (e + 1.0f))));
  return copy_sign(size, x);
}

template <typename V>
HG_INLINE V cosh(V x) {
  const V a = abs(x);
  const V e = exp(a);
  const V root = exp(V(0.5f * a));
  return select(a > 88.0f, V(0.5f * root * root), V(0.5f * e + 0.5f / e));
}

template <typename V>
HG_INLINE V asinh(V x) {
  const V a = abs(x);
  const V square = a * a;
  const V y = log1p(V(a + square / (1.0f + sqrt(V(square + 1.0f)))));
  return copy_sign(V(select(a > 1e10f, V(log(a) + kLn2), y)), x);
}

template <typename V>
HG_INLINE V acosh(V x) {
  const V t = x - 1.0f;
  const V y = select(x > 1e10f, V(log(x) + kLn2), log1p(V(t + sqrt(V(2.0f * t + t * t)))));
  return select(x >= 1.0f, y, constant<V>(kNaN));
}

template <typename V>
HG_INLINE V atanh(V x) {
  const V a = abs(x);
  return copy_sign(V(0.5f * log1p(V(2.0f * a / (1.0f - a)))), x);
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
