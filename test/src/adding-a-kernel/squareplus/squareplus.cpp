// (x + sqrt(x² + b)) / 2 and its gradient.
#include "simd/loops.h"
#include "simd/math.h"

HG_BEGIN

constexpr int64_t kGrain = 16384;

// y, x, size, b
HG_KERNEL(squareplus) {
  float* y = args.f32(0);
  const float* x = args.f32(1);
  const int64_t size = args.at(2);
  const float b = static_cast<float>(args.number(3));
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    map(y + begin, x + begin, end - begin, [=](Floats v) HG_LAMBDA { return 0.5f * (v + sqrt(v * v + b)); });
  });
  return nullptr;
}

// dx, x, dy, size, b
HG_KERNEL(squareplus_grad) {
  float* dx = args.f32(0);
  const float *x = args.f32(1), *dy = args.f32(2);
  const int64_t size = args.at(3);
  const float b = static_cast<float>(args.number(4));
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    map(dx + begin, x + begin, dy + begin, end - begin,
        [=](Floats v, Floats g) HG_LAMBDA { return 0.5f * g * (1.0f + v / sqrt(v * v + b)); });
  });
  return nullptr;
}

HG_END
