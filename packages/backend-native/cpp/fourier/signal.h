// The Fourier transform of one signal as the columns of a matrix and then its rows (Bailey 1990, "FFTs in external or
// hierarchical memory"), each a vector full at a time; lengths with large prime factors as a convolution (Bluestein 1970).
#pragma once
#include "../movement/transpose.h"
#include "columns.h"

namespace hourglass {
namespace HG_NAMESPACE {

HG_INLINE int64_t whole_vectors(int64_t n) { return (n + 15) / 16 * 16; }

// Tables for the transform of a · b numbers, as JavaScript makes them (src/kernels/fourier-plan.ts): 64 whole numbers (a, b,
// how many factors a has, up to 30 factors, the same for b) and then in float32 the roots of order a and b as pairs, and
// exp(-2πi jk / ab) for k < a and j < b: the real parts row by row, padded to 16, and the imaginary parts.
struct Plan {
  const int32_t* head;
  int64_t a, b, stride;
  const float *roots_a, *roots_b, *turns_re, *turns_im;

  explicit Plan(const int32_t* head) : head(head), a(head[0]), b(head[1]), stride(whole_vectors(head[1])) {
    roots_a = reinterpret_cast<const float*>(head + 64);
    roots_b = roots_a + 2 * a;
    turns_re = roots_b + 2 * b;
    turns_im = turns_re + a * stride;
  }
  int64_t size() const { return a * b; }
  const int32_t* factors_a() const { return head + 3; }
  const int32_t* factors_b() const { return head + 34; }
  // Floats that `transform` needs besides its input.
  int64_t room() const { return 2 * whole_vectors(a) * stride + 4 * longest() * HG_LANES; }
  // Rows of the work on columns, which also holds squares to be transposed.
  int64_t longest() const { return larger<int64_t>(larger(a, b), HG_LANES); }
};

// Numbers that may be read and written beyond the end of a signal.
const int64_t kMargin = 16;

// Forward, in place; re and im have kMargin numbers more than the signal. For the inverse exchange re and im.
static __attribute__((noinline)) void transform(const Plan& plan, float* re, float* im, float* room) {
  const int64_t a = plan.a, b = plan.b, stride = plan.stride;
  float* middle_re = room;
  float* middle_im = middle_re + whole_vectors(a) * stride;
  float* first = middle_im + whole_vectors(a) * stride;
  float* second = first + 2 * plan.longest() * HG_LANES;
  // columns; lanes beyond the last one hold numbers that nobody reads
  for (int64_t j = 0; j < b; j += HG_LANES) {
    for (int64_t i = 0; i < a; i++) store_at(first, i, {load(re + i * b + j), load(im + i * b + j)});
    const float* done = transform_columns(first, second, a, plan.factors_a(), plan.head[2], plan.roots_a);
    for (int64_t k = 0; k < a; k++) {
      const Complexes value = load_at(done, k);
      const int64_t at = k * stride + j;
      const Floats c = load(plan.turns_re + at), s = load(plan.turns_im + at);
      store(middle_re + at, value.re * c - value.im * s);
      store(middle_im + at, value.re * s + value.im * c);
    }
  }
  // rows, from the last ones on: what spills over the end of a run is then overwritten
  for (int64_t k = (a - 1) / HG_LANES * HG_LANES; k >= 0; k -= HG_LANES) {
    for (int64_t j = 0; j < b; j += HG_LANES) {
      transpose_square(second, HG_LANES, middle_re + k * stride + j, stride);
      transpose_square(second + HG_LANES * HG_LANES, HG_LANES, middle_im + k * stride + j, stride);
      for (int64_t l = 0; l < HG_LANES && j + l < b; l++)
        store_at(first, j + l, {load(second + l * HG_LANES), load(second + (HG_LANES + l) * HG_LANES)});
    }
    const float* done = transform_columns(first, second, b, plan.factors_b(), plan.head[33], plan.roots_b);
    for (int64_t l = 0; l < b; l++) {
      const Complexes value = load_at(done, l);
      store(re + l * a + k, value.re);
      store(im + l * a + k, value.im);
    }
  }
}

// n numbers by a circular convolution with plan.size() ones: `chirp` has cos and sin of the chirp (n each) and the transform
// of its conjugate (plan.size() each). work has 2 · (plan.size() + kMargin) floats.
static inline void transform_any(const Plan& plan, int64_t n, const float* chirp, float* re, float* im, float* work, float* room) {
  const int64_t size = plan.size();
  const float *cosine = chirp, *sine = chirp + n, *filter_re = sine + n, *filter_im = filter_re + size;
  float* wr = work;
  float* wi = work + size + kMargin;
  for (int64_t i = 0; i < n; i++) {
    wr[i] = re[i] * cosine[i] - im[i] * sine[i];
    wi[i] = re[i] * sine[i] + im[i] * cosine[i];
  }
  for (int64_t i = n; i < size; i++) wr[i] = wi[i] = 0;
  transform(plan, wr, wi, room);
  for (int64_t i = 0; i < size; i++) {
    const float r = wr[i] * filter_re[i] - wi[i] * filter_im[i];
    wi[i] = wr[i] * filter_im[i] + wi[i] * filter_re[i];
    wr[i] = r;
  }
  transform(plan, wi, wr, room);
  for (int64_t i = 0; i < n; i++) {
    re[i] = wr[i] * cosine[i] - wi[i] * sine[i];
    im[i] = wr[i] * sine[i] + wi[i] * cosine[i];
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
