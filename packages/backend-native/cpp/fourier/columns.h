// Fourier transforms of as many signals as a vector has lanes, side by side: Stockham's self-sorting method (Cochran et al.
// 1967), a pass for each factor of the length.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

struct Complexes {
  Floats re, im;
};

HG_INLINE Complexes operator+(Complexes a, Complexes b) { return {a.re + b.re, a.im + b.im}; }
HG_INLINE Complexes operator-(Complexes a, Complexes b) { return {a.re - b.re, a.im - b.im}; }
HG_INLINE Complexes operator*(Complexes a, float b) { return {a.re * b, a.im * b}; }
HG_INLINE Complexes times(Complexes a, float re, float im) { return {a.re * re - a.im * im, a.re * im + a.im * re}; }
HG_INLINE Complexes minus_i(Complexes a) { return {a.im, -a.re}; }

// Number `at` of a column of complex numbers: its real parts, then its imaginary parts.
HG_INLINE Complexes load_at(const float* column, int64_t at) {
  return {load(column + 2 * at * HG_LANES), load(column + (2 * at + 1) * HG_LANES)};
}
HG_INLINE void store_at(float* column, int64_t at, Complexes value) {
  store(column + 2 * at * HG_LANES, value.re);
  store(column + (2 * at + 1) * HG_LANES, value.im);
}

template <int kRadix>
struct Butterfly;

template <>
struct Butterfly<2> {
  static HG_INLINE void run(const Complexes* a, Complexes* b) {
    b[0] = a[0] + a[1];
    b[1] = a[0] - a[1];
  }
};

template <>
struct Butterfly<3> {
  static HG_INLINE void run(const Complexes* a, Complexes* b) {
    const Complexes sum = a[1] + a[2], turn = minus_i((a[1] - a[2]) * 0.866025403784438647f);
    const Complexes middle = a[0] - sum * 0.5f;
    b[0] = a[0] + sum;
    b[1] = middle + turn;
    b[2] = middle - turn;
  }
};

template <>
struct Butterfly<4> {
  static HG_INLINE void run(const Complexes* a, Complexes* b) {
    const Complexes even = a[0] + a[2], odd = a[1] + a[3], other = a[0] - a[2], turn = minus_i(a[1] - a[3]);
    b[0] = even + odd;
    b[1] = other + turn;
    b[2] = even - odd;
    b[3] = other - turn;
  }
};

template <>
struct Butterfly<5> {
  static HG_INLINE void run(const Complexes* a, Complexes* b) {
    const float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f;
    const float s1 = 0.951056516295153572f, s2 = 0.587785252292473129f;
    const Complexes p = a[1] + a[4], q = a[2] + a[3], r = a[1] - a[4], s = a[2] - a[3];
    const Complexes u = a[0] + p * c1 + q * c2, v = a[0] + p * c2 + q * c1;
    const Complexes x = minus_i(r * s1 + s * s2), y = minus_i(r * s2 - s * s1);
    b[0] = a[0] + p + q;
    b[1] = u + x;
    b[2] = v + y;
    b[3] = v - y;
    b[4] = u - x;
  }
};

// `groups` interleaved transforms, each of kRadix · m numbers; roots are (re, im) of exp(-2πi k / n) for k < n.
template <int kRadix>
HG_INLINE void pass(const float* from, float* to, int64_t m, int64_t groups, const float* roots) {
  for (int64_t p = 0; p < m; p++)
    for (int64_t q = 0; q < groups; q++) {
      Complexes a[kRadix], b[kRadix];
      for (int k = 0; k < kRadix; k++) a[k] = load_at(from, q + groups * (p + m * k));
      Butterfly<kRadix>::run(a, b);
      store_at(to, q + groups * kRadix * p, b[0]);
      for (int k = 1; k < kRadix; k++) {
        const float* turn = roots + 2 * k * p * groups;
        store_at(to, q + groups * (kRadix * p + k), p == 0 ? b[k] : times(b[k], turn[0], turn[1]));
      }
    }
}

// Any odd radix up to 13.
HG_INLINE void pass_any(int64_t radix, const float* from, float* to, int64_t m, int64_t groups, const float* roots) {
  const int64_t n = radix * m * groups;
  for (int64_t p = 0; p < m; p++)
    for (int64_t q = 0; q < groups; q++) {
      Complexes a[13];
      for (int64_t k = 0; k < radix; k++) a[k] = load_at(from, q + groups * (p + m * k));
      for (int64_t j = 0; j < radix; j++) {
        Complexes sum = a[0];
        int64_t at = 0;
        for (int64_t k = 1; k < radix; k++) {
          at += j * m * groups;
          if (at >= n) at %= n;
          sum = sum + times(a[k], roots[2 * at], roots[2 * at + 1]);
        }
        const float* turn = roots + 2 * j * p * groups;
        store_at(to, q + groups * (radix * p + j), times(sum, turn[0], turn[1]));
      }
    }
}

// Forward transforms of the columns of `data`, n numbers each; the result is in `data` or in `other`.
static __attribute__((noinline)) float* transform_columns(float* data, float* other, int64_t n, const int32_t* factors, int64_t count,
                                   const float* roots) {
  int64_t groups = 1, length = n;
  for (int64_t i = 0; i < count; i++) {
    const int64_t radix = factors[i], m = length / radix;
    if (radix == 4)
      pass<4>(data, other, m, groups, roots);
    else if (radix == 2)
      pass<2>(data, other, m, groups, roots);
    else if (radix == 3)
      pass<3>(data, other, m, groups, roots);
    else if (radix == 5)
      pass<5>(data, other, m, groups, roots);
    else
      pass_any(radix, data, other, m, groups, roots);
    float* held = data;
    data = other;
    other = held;
    length = m;
    groups *= radix;
  }
  return data;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
