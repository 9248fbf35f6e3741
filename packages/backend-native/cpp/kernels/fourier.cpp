// Discrete Fourier transforms of rows, and the frames of short-time ones.
#include "../fourier/signal.h"

HG_BEGIN

// What a row of numbers is transformed with, and memory for it.
struct Workshop {
  Plan plan;
  int64_t n;           // numbers in a transform
  const float* chirp;  // null where plan.size() == n
  float *re, *im, *work, *room;

  static int64_t needed(const Plan& plan, int64_t n, const float* chirp) {
    return 2 * (n + kMargin) + plan.room() + (chirp == nullptr ? 0 : 2 * (plan.size() + kMargin));
  }
  HG_INLINE bool prepare() {
    float* memory = static_cast<float*>(scratch(1, static_cast<size_t>(needed(plan, n, chirp)) * 4));
    if (memory == nullptr) return false;
    // what lies beyond the ends is read into lanes that do not count
    memset(memory, 0, static_cast<size_t>(2 * (n + kMargin)) * 4);
    re = memory;
    im = re + n + kMargin;
    room = im + n + kMargin;
    work = room + plan.room();
    return true;
  }
  HG_INLINE void forward() { turn(re, im); }
  HG_INLINE void inverse() { turn(im, re); }
  HG_INLINE void turn(float* first, float* second) {
    if (chirp == nullptr)
      transform(plan, first, second, room);
    else
      transform_any(plan, n, chirp, first, second, work, room);
  }
};

// body(workshop, row) for rows of a transform of n numbers each
template <typename Body>
HG_INLINE const char* each_row(int64_t rows, int64_t n, const int32_t* plan, const float* chirp, Body body) {
  volatile bool full = false;
  parallel_ranges(rows, (1 << 13) / larger<int64_t>(n, 1), [&](int64_t begin, int64_t end) {
    Workshop workshop{Plan(plan), n, chirp, nullptr, nullptr, nullptr, nullptr};
    if (!workshop.prepare()) {
      full = true;
      return;
    }
    for (int64_t row = begin; row < end; row++) body(workshop, row);
  });
  return full ? "out of memory" : nullptr;
}

// re, im, to re, to im, rows, n, plan, chirp (or 0), inverse, factor: rows of complex numbers in two arrays
HG_KERNEL(fourier_parts) {
  const float *re = args.f32(0), *im = args.f32(1);
  float *to_re = args.f32(2), *to_im = args.f32(3);
  const int64_t n = args.at(5);
  const bool inverse = args.flag(8);
  const float factor = static_cast<float>(args.number(9));
  return each_row(args.at(4), n, args.i32(6), args.f32(7), [=](Workshop& shop, int64_t row) {
    for (int64_t i = 0; i < n; i++) {
      shop.re[i] = re[row * n + i] * factor;
      shop.im[i] = im[row * n + i] * factor;
    }
    if (inverse)
      shop.inverse();
    else
      shop.forward();
    memcpy(to_re + row * n, shop.re, static_cast<size_t>(n) * 4);
    memcpy(to_im + row * n, shop.im, static_cast<size_t>(n) * 4);
  });
}

// x [rows, n, 2], y [rows, n, 2], rows, n, plan, chirp (or 0), inverse, factor
HG_KERNEL(fourier_pairs) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t n = args.at(3);
  const bool inverse = args.flag(6);
  const float factor = static_cast<float>(args.number(7));
  return each_row(args.at(2), n, args.i32(4), args.f32(5), [=](Workshop& shop, int64_t row) {
    const float* from = x + row * n * 2;
    float* to = y + row * n * 2;
    for (int64_t i = 0; i < n; i++) {
      shop.re[i] = from[2 * i] * factor;
      shop.im[i] = from[2 * i + 1] * factor;
    }
    if (inverse)
      shop.inverse();
    else
      shop.forward();
    for (int64_t i = 0; i < n; i++) {
      to[2 * i] = shop.re[i];
      to[2 * i + 1] = shop.im[i];
    }
  });
}

// x [rows, n], y [rows, n / 2 + 1, 2], rows, n, plan, chirp (or 0), roots (for even n: cos and sin of 2πk / n for k ≤ n / 2,
// n / 2 + 1 each), doubled (terms that stand for two count twice), factor. The plan is for n / 2 numbers where n is even:
// a real signal is transformed as half as many complex numbers.
HG_KERNEL(fourier_real) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t n = args.at(3), half = n / 2;
  const float *cosine = args.f32(6), *sine = cosine + half + 1;
  const bool even = n % 2 == 0;
  const float factor = static_cast<float>(args.number(8));
  const float twice = args.flag(7) ? 2 * factor : factor;
  return each_row(args.at(2), even ? half : n, args.i32(4), args.f32(5), [=](Workshop& shop, int64_t row) {
    const float* from = x + row * n;
    float* to = y + row * (half + 1) * 2;
    float *re = shop.re, *im = shop.im;
    if (!even) {
      for (int64_t i = 0; i < n; i++) re[i] = from[i] * twice;
      for (int64_t i = 0; i < n; i++) im[i] = 0;
      shop.forward();
      for (int64_t k = 0; k <= half; k++) {
        to[2 * k] = re[k];
        to[2 * k + 1] = im[k];
      }
      to[0] = re[0] / twice * factor;
      to[1] = 0;
      return;
    }
    for (int64_t i = 0; i < half; i++) {
      re[i] = from[2 * i];
      im[i] = from[2 * i + 1];
    }
    shop.forward();
    to[0] = (re[0] + im[0]) * factor;
    to[1] = 0;
    to[n] = (re[0] - im[0]) * factor;
    to[n + 1] = 0;
    const float share = 0.5f * twice;
    for (int64_t k = 1; k < half; k++) {
      const float ar = re[k], ai = im[k], br = re[half - k], bi = -im[half - k];
      const float er = ar + br, ei = ai + bi, dr = ar - br, di = ai - bi;
      // -i · exp(-2πik / n) · d
      const float c = cosine[k], s = sine[k];
      to[2 * k] = (er + (di * c - dr * s)) * share;
      to[2 * k + 1] = (ei - (dr * c + di * s)) * share;
    }
  });
}

// x [rows, n / 2 + 1, 2], y [rows, n], rows, n, plan, chirp (or 0), roots, doubled, factor: back, with nothing divided. What
// stands in the imaginary parts of the first and (for even n) the last term does not count.
HG_KERNEL(fourier_real_inverse) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t n = args.at(3), half = n / 2;
  const float *cosine = args.f32(6), *sine = cosine + half + 1;
  const bool even = n % 2 == 0;
  const float factor = static_cast<float>(args.number(8));
  const float each = args.flag(7) ? factor : 0.5f * factor;
  return each_row(args.at(2), even ? half : n, args.i32(4), args.f32(5), [=](Workshop& shop, int64_t row) {
    const float* from = x + row * (half + 1) * 2;
    float* to = y + row * n;
    float *re = shop.re, *im = shop.im;
    re[0] = from[0] * factor;
    im[0] = 0;
    if (!even) {
      for (int64_t k = 1; k <= half; k++) {
        re[k] = re[n - k] = from[2 * k] * each;
        im[k] = from[2 * k + 1] * each;
        im[n - k] = -im[k];
      }
      shop.inverse();
      memcpy(to, re, static_cast<size_t>(n) * 4);
      return;
    }
    const float last = from[n] * factor;
    im[0] = re[0] - last;
    re[0] = re[0] + last;
    for (int64_t k = 1; k < half; k++) {
      const float ar = from[2 * k] * each, ai = from[2 * k + 1] * each;
      const float br = from[2 * (half - k)] * each, bi = -from[2 * (half - k) + 1] * each;
      const float er = ar + br, ei = ai + bi, dr = ar - br, di = ai - bi;
      // e + i · exp(2πik / n) · d
      const float c = cosine[k], s = sine[k];
      re[k] = er - (di * c + dr * s);
      im[k] = ei + (dr * c - di * s);
    }
    shop.inverse();
    for (int64_t i = 0; i < half; i++) {
      to[2 * i] = re[i];
      to[2 * i + 1] = im[i];
    }
  });
}

// x [batch, size], y [batch, count, length], batch, size, count, length, hop: y[b, f] = x[b, f · hop …]
HG_KERNEL(frames) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t size = args.at(3), count = args.at(4), length = args.at(5), hop = args.at(6);
  parallel_ranges(args.at(2) * count, (1 << 15) / larger<int64_t>(length, 1), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++)
      memcpy(y + row * length, x + row / count * size + row % count * hop, static_cast<size_t>(length) * 4);
  });
  return nullptr;
}

// x [batch, count, length], y [batch, size], batch, size, count, length, hop: the transpose of frames
HG_KERNEL(overlap_add) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t size = args.at(3), count = args.at(4), length = args.at(5), hop = args.at(6);
  // blocks of `hop` numbers, which the same frames cover
  const int64_t blocks = (size + hop - 1) / hop;
  parallel_ranges(args.at(2) * blocks, (1 << 14) / larger<int64_t>(hop, 1), [=](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t batch = item / blocks, block = item % blocks;
      const int64_t start = block * hop, wide = smaller(hop, size - start);
      float* to = y + batch * size + start;
      bool fresh = true;
      const int64_t reach = (length + hop - 1) / hop;
      for (int64_t f = larger<int64_t>(0, block - reach + 1); f <= block && f < count; f++) {
        const int64_t at = start - f * hop;
        const int64_t n = smaller(wide, length - at);
        const float* from = x + (batch * count + f) * length + at;
        if (fresh) {
          memcpy(to, from, static_cast<size_t>(n) * 4);
          for (int64_t i = n; i < wide; i++) to[i] = 0;
        } else {
          for (int64_t i = 0; i < n; i++) to[i] += from[i];
        }
        fresh = false;
      }
      if (fresh) memset(to, 0, static_cast<size_t>(wide) * 4);
    }
  });
  return nullptr;
}

HG_END
