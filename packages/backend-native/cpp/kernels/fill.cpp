// Constants, and memory copied from place to place.
#include "../simd/simd.h"

HG_BEGIN

// to, bytes of an element (1 or 4), count, the element's bits
HG_KERNEL(fill) {
  const int64_t count = args.at(2);
  const uint32_t bits = static_cast<uint32_t>(args.at(3));
  if (args.at(1) == 1) {
    uint8_t* to = args.u8(0);
    parallel_ranges(count, 1 << 18, [=](int64_t begin, int64_t end) {
      memset(to + begin, static_cast<int>(bits), static_cast<size_t>(end - begin));
    });
    return nullptr;
  }
  uint32_t* to = args.pointer<uint32_t>(0);
  parallel_ranges(count, 1 << 16, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) to[i] = bits;
  });
  return nullptr;
}

// to, from, bytes
HG_KERNEL(copy) {
  uint8_t* to = args.u8(0);
  const uint8_t* from = args.u8(1);
  parallel_ranges(args.at(2), 1 << 18, [=](int64_t begin, int64_t end) {
    memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
  });
  return nullptr;
}

HG_END
