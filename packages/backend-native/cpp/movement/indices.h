// Checks of indices that came in tensors.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Null when all lie in [0, size), else a sentence about the first that does not.
inline const char* check_indices(const char* what, const int32_t* indices, int64_t count, int64_t size) {
  bool bad = false;
  // in blocks: within one there is no branch, so that it is vectorised
  for (int64_t begin = 0; begin < count && !bad; begin += 4096) {
    const int64_t end = smaller(count, begin + 4096);
    uint32_t outside = 0;
    for (int64_t i = begin; i < end; i++)
      outside |= static_cast<uint64_t>(static_cast<uint32_t>(indices[i])) >= static_cast<uint64_t>(size) ? 1u : 0u;
    bad = outside != 0;
  }
  if (!bad) return nullptr;
  for (int64_t i = 0;; i++) {
    if (indices[i] >= 0 && indices[i] < size) continue;
    static thread_local char sentence[160];
    __builtin_snprintf(sentence, sizeof sentence, "%s: index %d is not in [0, %lld]", what,
                       static_cast<int>(indices[i]), static_cast<long long>(size - 1));
    return sentence;
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
