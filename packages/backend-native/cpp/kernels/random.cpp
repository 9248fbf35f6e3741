// The numbers of core's Generator (xoshiro128++, Blackman and Vigna 2019), to the bit, and dropout with them.
#include "../simd/simd.h"

HG_BEGIN

struct Generator {
  uint32_t a, b, c, d;

  HG_INLINE uint32_t next() {
    const uint32_t sum = a + d;
    const uint32_t result = ((sum << 7) | (sum >> 25)) + a;
    const uint32_t t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >> 21);
    return result;
  }
};

HG_INLINE Generator generator(const Arguments& args, int i) {
  const auto word = [&](int at) { return static_cast<uint32_t>(args.at(at)); };
  return Generator{word(i), word(i + 1), word(i + 2), word(i + 3)};
}

// A product that the compiler must not join with an addition: JavaScript rounds in between.
HG_INLINE double rounded(double product) {
#if defined(__SSE2__)
  __asm__("" : "+x"(product));
#elif defined(__aarch64__)
  __asm__("" : "+w"(product));
#else
  volatile double kept = product;
  product = kept;
#endif
  return product;
}

// y, count, the state (four words), low, high: float32 in [low, high)
HG_KERNEL(random_uniform) {
  float* y = args.f32(0);
  const int64_t count = args.at(1);
  Generator numbers = generator(args, 2);
  const double low = args.number(6), range = args.number(7) - low;
  for (int64_t i = 0; i < count; i++) {
    const double first = numbers.next() >> 5, second = numbers.next() >> 6;
    const double unit = (first * 67108864 + second) / 9007199254740992;
    y[i] = static_cast<float>(low + rounded(range * unit));
  }
  return nullptr;
}

// y, count, the state, probability, whether y is float32 (else bool): 1 or 0
HG_KERNEL(random_bernoulli) {
  const int64_t count = args.at(1);
  Generator numbers = generator(args, 2);
  // the smallest integer that is not below the threshold
  const double threshold = args.number(6) * 4294967296.0;
  const uint64_t limit = threshold <= 0 ? 0 : static_cast<uint64_t>(__builtin_ceil(threshold));
  if (args.flag(7)) {
    float* y = args.f32(0);
    for (int64_t i = 0; i < count; i++) y[i] = numbers.next() < limit ? 1.0f : 0.0f;
  } else {
    uint8_t* y = args.u8(0);
    for (int64_t i = 0; i < count; i++) y[i] = numbers.next() < limit;
  }
  return nullptr;
}

// x, mask (bool), y, count, scale: x · scale where the mask is true, x · 0 elsewhere
HG_KERNEL(masked_scale) {
  const float* x = args.f32(0);
  const uint8_t* mask = args.u8(1);
  float* y = args.f32(2);
  const float scale = static_cast<float>(args.number(4));
  parallel_ranges(args.at(3), 1 << 15, [=](int64_t begin, int64_t end) {
    // a product instead of a choice, which compilers turn into a jump that is guessed wrong half of the time
    for (int64_t i = begin; i < end; i++) y[i] = x[i] * (static_cast<float>(mask[i] != 0) * scale);
  });
  return nullptr;
}

HG_END
