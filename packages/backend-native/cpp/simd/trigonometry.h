// Circular functions and powers; see math.h. Sine, cosine and tangent are of single numbers, for loops that the compiler
// vectorises.
#pragma once
#include "math.h"

namespace hourglass {
namespace HG_NAMESPACE {

constexpr float kHalfPi = 1.57079632679490f;
constexpr float kPi = 3.14159265358979f;
// by how much the float above is too large; that of pi is by twice as much
constexpr float kHalfPiRest = 4.371139e-8f;

HG_INLINE int64_t bits_of(double value) {
  int64_t bits;
  memcpy(&bits, &value, 8);
  return bits;
}

// An angle as a quarter turn (only its last two bits count) and sine and cosine of the rest, which is at most an eighth turn.
struct Angle {
  int32_t quarter;
  float sine, cosine;
};

// Larger angles are for the functions of the C library.
constexpr float kLargestAngle = 1e6f;

// For |x| <= kLargestAngle.
HG_INLINE Angle angle_of(float x) {
  const double shifted = x * 0.636619772367581343 + 6755399441055744.0;  // 1.5 * 2^52: its last bit counts ones
  const double n = shifted - 6755399441055744.0;
  // pi / 2 in two parts, the first with few enough bits for an exact product
  const float r = static_cast<float>((x - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11);
  const float z = r * r;
  Angle angle;
  angle.quarter = static_cast<int32_t>(bits_of(shifted));
  angle.sine = r + r * z * (-1.6666667e-1f + z * (8.333329e-3f + z * (-1.9839327e-4f + z * 2.7182373e-6f)));
  angle.cosine = 1.0f - 0.5f * z + z * z * (4.1666646e-2f + z * (-1.3887362e-3f + z * 2.443773e-5f));
  return angle;
}
HG_INLINE float sin(float x) {
  const Angle angle = angle_of(x);
  const float size = angle.quarter & 1 ? angle.cosine : angle.sine;
  const float turned = angle.quarter & 2 ? -size : size;
  return x == 0 ? x : turned;
}
HG_INLINE float cos(float x) {
  const Angle angle = angle_of(x);
  const float size = angle.quarter & 1 ? angle.sine : angle.cosine;
  return (angle.quarter + 1) & 2 ? -size : size;
}
HG_INLINE float tan(float x) {
  const Angle angle = angle_of(x);
  const bool odd = angle.quarter & 1;
  const float above = odd ? -angle.cosine : angle.sine, below = odd ? angle.sine : angle.cosine;
  return x == 0 ? x : above / below;
}

// asin of 0 <= a <= 1/2
template <typename V>
HG_INLINE V asin_small(V a) {
  const V z = a * a;
  V q = constant<V>(3.7630133e-2f);
  q = q * z + 1.4358462e-2f;
  q = q * z + 3.1828694e-2f;
  q = q * z + 4.451447e-2f;
  q = q * z + 7.500517e-2f;
  q = q * z + 1.666666e-1f;
  return a + a * z * q;
}
template <typename V>
HG_INLINE V asin(V x) {
  const V a = abs(x);
  const auto large = a > 0.5f;
  const V y = asin_small(V(select(large, sqrt(V(0.5f * (1.0f - a))), a)));
  return copy_sign(V(select(large, V((kHalfPi - 2.0f * y) - kHalfPiRest), y)), x);
}
template <typename V>
HG_INLINE V acos(V x) {
  const V a = abs(x);
  const auto large = a > 0.5f;
  const V y = asin_small(V(select(large, sqrt(V(0.5f * (1.0f - a))), a)));
  const V outer = select(x < 0.0f, V((kPi - 2.0f * y) - 2.0f * kHalfPiRest), V(2.0f * y));
  return select(large, outer, V(select(x < 0.0f, V(kHalfPi + y), V(kHalfPi - y)) - kHalfPiRest));
}

// The angle of the point (below, above), 0 <= above <= below, 0 < below < 2^126.
template <typename V>
HG_INLINE V octant(V above, V below) {
  const auto far = above > 0.41421356f * below;
  // tan(t - pi / 4) = (tan t - 1) / (tan t + 1)
  const V t = select(far, V(above - below), above) / select(far, V(above + below), below);
  const V z = t * t;
  V q = constant<V>(-6.081154e-2f);
  q = q * z + 1.0595139e-1f;
  q = q * z - 1.4243738e-1f;
  q = q * z + 1.9998483e-1f;
  q = q * z - 3.3333316e-1f;
  return (t + t * z * q) + select(far, constant<V>(0.785398163f), V{});
}
template <typename V>
HG_INLINE V atan(V x) {
  const V a = abs(x);
  const auto steep = a > 1.0f;
  const V one = constant<V>(1.0f);
  // infinity is as good as 1e30
  const V bounded = select(a > 1e30f, constant<V>(1e30f), a);
  const V y = octant(V(select(steep, one, bounded)), V(select(steep, bounded, one)));
  return copy_sign(V(select(steep, V((kHalfPi - y) - kHalfPiRest), y)), x);
}
template <typename V>
HG_INLINE V atan2(V y, V x) {
  const V a = abs(y), b = abs(x);
  const auto steep = a > b;
  const V large = select(steep, a, b);
  const V small = select(steep, b, a);
  // a direction is all that counts: of two infinities it is the diagonal, of the origin it is 0
  const V scale = select(large > 1e37f, constant<V>(0.125f), constant<V>(1.0f));
  const V top = constant<V>(4.3e37f);
  const V above = select(large == kInfinity, select(small == kInfinity, top, V{}), V(small * scale));
  const V below = select(large == kInfinity, top, V(select(large == 0.0f, constant<V>(1.0f), large) * scale));
  V angle = octant(above, below);
  angle = select(steep, V((kHalfPi - angle) - kHalfPiRest), angle);
  angle = select(bits_of(x) < 0, V((kPi - angle) - 2.0f * kHalfPiRest), angle);
  const V signed_angle = copy_sign(angle, y);
  return select((x != x) | (y != y), constant<V>(kNaN), signed_angle);
}

// Half as many lanes of twice the width.
typedef double Doubles __attribute__((vector_size(HG_LANES * 4)));
typedef int64_t Longs __attribute__((vector_size(HG_LANES * 4)));
typedef float HalfFloats __attribute__((vector_size(HG_LANES * 2)));
HG_INLINE Longs bits_of(Doubles value) { return reinterpret_cast<Longs>(value); }
HG_INLINE Doubles from_bits(Longs bits) { return reinterpret_cast<Doubles>(bits); }

constexpr double kWideShift = 6755399441055744.0;  // 1.5 * 2^52: its last bit counts ones
constexpr int64_t kWideShiftBits = 0x4338000000000000;

// 2 to the power of x, of a relative error of 1e-10; 0 and infinity beyond the range of a float
HG_INLINE Doubles exp2(Doubles x) {
  Doubles bounded = select(x > 200.0, Doubles{} + 200.0, x);
  bounded = select(bounded < -200.0, Doubles{} - 200.0, bounded);
  const Doubles shifted = bounded + kWideShift;
  const Doubles f = (bounded - (shifted - kWideShift)) * 0.693147180559945309;
  Doubles q = Doubles{} + 1.0 / 40320;
  q = q * f + 1.0 / 5040;
  q = q * f + 1.0 / 720;
  q = q * f + 1.0 / 120;
  q = q * f + 1.0 / 24;
  q = q * f + 1.0 / 6;
  q = q * f + 0.5;
  q = q * f + 1.0;
  q = q * f + 1.0;
  // the bits of a NaN lead anywhere, but not away from NaN
  return q * from_bits(((bits_of(shifted) & 0xfff) + 1023) << 52);
}

// The logarithm to base 2, of a relative error of 1e-11; -infinity for 0. Not for negative or denormal doubles.
HG_INLINE Doubles log2(Doubles x) {
  const Longs i = bits_of(x) - 0x3fe6a09e667f3bcd;  // that of sqrt(1/2)
  const Doubles e = from_bits((i >> 52) + kWideShiftBits) - kWideShift;
  const Doubles m = from_bits((i & 0xfffffffffffff) + 0x3fe6a09e667f3bcd);
  const Doubles s = (m - 1.0) / (m + 1.0);
  const Doubles z = s * s;
  Doubles q = Doubles{} + 1.0 / 13;
  q = q * z + 1.0 / 11;
  q = q * z + 1.0 / 9;
  q = q * z + 1.0 / 7;
  q = q * z + 1.0 / 5;
  q = q * z + 1.0 / 3;
  q = q * z + 1.0;
  const Doubles infinity = Doubles{} + __builtin_inf();
  const Doubles y = e + 2.88539008177792681 * s * q;
  return select(x == 0.0, -infinity, Doubles(select(x == infinity, infinity, y)));
}

// As JavaScript's: no power of 1 or -1 to infinity or NaN.
HG_INLINE Floats pow(Floats base, Floats exponent) {
  const Floats size = abs(base);
  HalfFloats bases[2], exponents[2], powers[2];
  memcpy(bases, &size, sizeof size);
  memcpy(exponents, &exponent, sizeof exponent);
  for (int half = 0; half < 2; half++) {
    const Doubles logarithm = log2(__builtin_convertvector(bases[half], Doubles));
    const Doubles power = exp2(__builtin_convertvector(exponents[half], Doubles) * logarithm);
    powers[half] = __builtin_convertvector(power, HalfFloats);
  }
  Floats y;
  memcpy(&y, powers, sizeof y);
  // from 2^24 on every float is even
  const Floats part = abs(exponent);
  const auto small = part < 16777216.0f;
  const Ints whole = to_integers(select(small, part, Floats{}));
  const auto fraction = small & (to_floats(whole) != part);
  const auto odd = small & (to_floats(whole) == part) & ((whole & 1) != 0);
  const Floats nan = splat(kNaN);
  y = select((bits_of(base) < 0) & odd, -y, y);
  y = select((base < 0.0f) & fraction & (size < kInfinity), nan, y);
  y = select((base != base) | (exponent != exponent), nan, y);
  return select(exponent == 0.0f, splat(1), y);
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
