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

// Index tuples as row numbers of an array whose first axes have `strides` rows each (at args first, first + 1, …). The
// result is `indices` itself for tuples of one, else memory of scratch slot `slot`; null with *problem when it cannot be.
inline const int32_t* flat_indices(const int32_t* indices, int64_t count, int64_t rank, const Arguments& args, int first,
                                   int slot, const char** problem) {
  *problem = nullptr;
  if (rank == 1) return indices;
  int32_t* flat = static_cast<int32_t*>(scratch(slot, static_cast<size_t>(count + 1) * 4));
  if (flat == nullptr) {
    *problem = "out of memory";
    return nullptr;
  }
  parallel_ranges(count, 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      int64_t row = 0;
      for (int64_t axis = 0; axis < rank; axis++) row += indices[i * rank + axis] * args.at(first + static_cast<int>(axis));
      // what fits no int32 lies outside in any case
      flat[i] = row < 0 || row > INT32_MAX ? -1 : static_cast<int32_t>(row);
    }
  });
  return flat;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
