// Circular functions of one number, on float32. Arguments: to, from, count.
#include "../simd/loops.h"
#include "../simd/trigonometry.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 14;

// `near` for angles up to kLargestAngle, `far` for the rest.
template <typename Near, typename Far>
HG_INLINE const char* each_angle(const Arguments& args, Near near, Far far) {
  float* to = args.f32(0);
  const float* from = args.f32(1);
  parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) {
    // a block at a time: large angles are rare and slow
    for (int64_t at = begin; at < end; at += 1024) {
      const int64_t count = smaller<int64_t>(1024, end - at);
      float* __restrict write = to + at;
      const float* __restrict read = from + at;
      int32_t large = 0;
      for (int64_t i = 0; i < count; i++) {
        const bool fits = abs(read[i]) <= kLargestAngle;
        write[i] = near(fits ? read[i] : 0.0f);
        large |= !fits;
      }
      if (large == 0) continue;
      for (int64_t i = 0; i < count; i++)
        if (!(abs(read[i]) <= kLargestAngle)) write[i] = static_cast<float>(far(read[i]));
    }
  });
  return nullptr;
}

HG_KERNEL(sin_f32) {
  return each_angle(args, [](float x) HG_LAMBDA { return sin(x); }, [](double x) { return __builtin_sin(x); });
}
HG_KERNEL(cos_f32) {
  return each_angle(args, [](float x) HG_LAMBDA { return cos(x); }, [](double x) { return __builtin_cos(x); });
}
HG_KERNEL(tan_f32) {
  return each_angle(args, [](float x) HG_LAMBDA { return tan(x); }, [](double x) { return __builtin_tan(x); });
}

template <typename F>
HG_INLINE const char* each(const Arguments& args, F f) {
  float* to = args.f32(0);
  const float* from = args.f32(1);
  parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) { map(to + begin, from + begin, end - begin, f); });
  return nullptr;
}

HG_KERNEL(asin_f32) {
  return each(args, [](Floats x) HG_LAMBDA { return asin(x); });
}
HG_KERNEL(acos_f32) {
  return each(args, [](Floats x) HG_LAMBDA { return acos(x); });
}
HG_KERNEL(atan_f32) {
  return each(args, [](Floats x) HG_LAMBDA { return atan(x); });
}

HG_END
