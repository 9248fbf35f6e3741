// Local response normalisation over neighbouring channels (Krizhevsky et al. 2012) and its gradient.
#include "../simd/simd.h"

HG_BEGIN

// alpha · (sum of squares over the channels within `radius` of c) + bias
HG_INLINE float norm_at(const float* x, int64_t channels, int64_t c, int64_t radius, float alpha, float bias) {
  const int64_t first = larger<int64_t>(0, c - radius), last = smaller(channels - 1, c + radius);
  float sum = 0;
  for (int64_t k = first; k <= last; k++) sum += x[k] * x[k];
  return alpha * sum + bias;
}

// x, y, pixels, channels, radius, bias, alpha, beta
HG_KERNEL(response_norm) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const int64_t channels = args.at(3), radius = args.at(4);
  const float bias = static_cast<float>(args.number(5)), alpha = static_cast<float>(args.number(6));
  const float beta = static_cast<float>(args.number(7));
  parallel_ranges(args.at(2), (1 << 11) / larger<int64_t>(channels, 1), [=](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; pixel++) {
      const float* from = x + pixel * channels;
      for (int64_t c = 0; c < channels; c++)
        y[pixel * channels + c] = from[c] * __builtin_powf(norm_at(from, channels, c, radius, alpha, bias), -beta);
    }
  });
  return nullptr;
}

// x, y, dy, dx, pixels, channels, radius, bias, alpha, beta
HG_KERNEL(response_norm_gradient) {
  const float *x = args.f32(0), *y = args.f32(1), *dy = args.f32(2);
  float* dx = args.f32(3);
  const int64_t channels = args.at(5), radius = args.at(6);
  const float bias = static_cast<float>(args.number(7)), alpha = static_cast<float>(args.number(8));
  const float beta = static_cast<float>(args.number(9));
  volatile bool full = false;
  parallel_ranges(args.at(4), (1 << 11) / larger<int64_t>(channels, 1), [&](int64_t begin, int64_t end) {
    float* shares = static_cast<float*>(scratch(1, static_cast<size_t>(channels) * 4));
    if (shares == nullptr) {
      full = true;
      return;
    }
    for (int64_t pixel = begin; pixel < end; pixel++) {
      const int64_t at = pixel * channels;
      for (int64_t c = 0; c < channels; c++) {
        const float norm = norm_at(x + at, channels, c, radius, alpha, bias);
        shares[c] = y[at + c] * dy[at + c] / norm;
        dx[at + c] = dy[at + c] * __builtin_powf(norm, -beta);
      }
      for (int64_t k = 0; k < channels; k++) {
        const int64_t first = larger<int64_t>(0, k - radius), last = smaller(channels - 1, k + radius);
        float sum = 0;
        for (int64_t c = first; c <= last; c++) sum += shares[c];
        dx[at + k] -= 2 * alpha * beta * x[at + k] * sum;
      }
    }
  });
  return full ? "out of memory" : nullptr;
}

HG_END
