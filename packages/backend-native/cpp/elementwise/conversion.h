// Numbers of one type as another, as JavaScript converts them.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Towards 0 and modulo 2^32; 0 for what is not finite.
HG_INLINE int32_t to_int32(double value) {
  if (value > -2147483649.0 && value < 2147483648.0) return static_cast<int32_t>(value);
  if (!(__builtin_fabs(value) < __builtin_inf())) return 0;
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(__builtin_fmod(value, 4294967296.0))));
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
