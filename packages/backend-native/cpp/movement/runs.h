// Copies of runs of bytes that are mostly short: a call of the C library's memcpy costs more than most of them.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// What one thread is worth waking for.
constexpr int64_t kChunkBytes = 1 << 17;

HG_INLINE void copy_bytes(uint8_t* to, const uint8_t* from, int64_t bytes) {
  constexpr int64_t width = HG_LANES * 4;
  if (bytes > 1024) {
    memcpy(to, from, static_cast<size_t>(bytes));
  } else if (bytes >= width) {
    int64_t i = 0;
    for (; i + width <= bytes; i += width) memcpy(to + i, from + i, width);
    // the rest overlaps what is copied already
    if (i < bytes) memcpy(to + bytes - width, from + bytes - width, width);
  } else if (width > 32 && bytes >= 32) {
    memcpy(to, from, 32);
    memcpy(to + bytes - 32, from + bytes - 32, 32);
  } else if (width > 16 && bytes >= 16) {
    memcpy(to, from, 16);
    memcpy(to + bytes - 16, from + bytes - 16, 16);
  } else if (bytes >= 8) {
    memcpy(to, from, 8);
    memcpy(to + bytes - 8, from + bytes - 8, 8);
  } else if (bytes >= 4) {
    memcpy(to, from, 4);
    memcpy(to + bytes - 4, from + bytes - 4, 4);
  } else {
    for (int64_t i = 0; i < bytes; i++) to[i] = from[i];
  }
}

// With a number of bytes that the compiler knows, or 0.
template <int64_t kBytes>
HG_INLINE void copy_block(uint8_t* to, const uint8_t* from, int64_t bytes) {
  if (kBytes > 0)
    memcpy(to, from, static_cast<size_t>(kBytes));
  else
    copy_bytes(to, from, bytes);
}

typedef uint32_t Word __attribute__((may_alias));

// `count` elements of 1 or 4 bytes that all have the same bits.
HG_INLINE void fill_elements(uint8_t* to, int64_t count, int64_t element, uint32_t bits) {
  if (element == 1) {
    memset(to, static_cast<int>(bits), static_cast<size_t>(count));
    return;
  }
  Word* words = reinterpret_cast<Word*>(to);
  for (int64_t i = 0; i < count; i++) words[i] = bits;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
