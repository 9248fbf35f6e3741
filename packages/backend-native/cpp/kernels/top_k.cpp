// The largest of each row, in order.
#include "../movement/runs.h"

HG_BEGIN

// Larger values have larger keys, NaN the largest; -0 and 0 the same.
HG_INLINE uint32_t key_of(float value) {
  if (value != value) return UINT32_MAX;
  value += 0.0f;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits ^ ((bits >> 31) != 0 ? UINT32_MAX : 0x80000000u);
}
HG_INLINE uint32_t key_of(int32_t value) { return static_cast<uint32_t>(value) ^ 0x80000000u; }
HG_INLINE uint32_t key_of(uint8_t value) { return value; }

// The key turned round, so that what is chosen first is smallest, above the index, so that ties go to the earlier.
template <typename T>
HG_INLINE uint64_t entry_of(T value, int64_t index) {
  return static_cast<uint64_t>(~key_of(value)) << 32 | static_cast<uint64_t>(index);
}

// For few: a sorted list of the best so far, which most values fail to enter. Those are passed over in blocks, by a
// comparison that is true for NaN.
template <typename T>
void choose_few(const T* x, int64_t size, int64_t k, uint64_t* best) {
  constexpr int64_t block = 16;
  int64_t found = 0;
  T least = x[0];
  for (int64_t begin = 0; begin < size; begin += block) {
    const int64_t end = smaller(size, begin + block);
    if (found == k && end - begin == block) {
      int enter = 0;
      for (int64_t i = 0; i < block; i++) enter |= !(x[begin + i] <= least);
      if (!enter) continue;
    }
    for (int64_t i = begin; i < end; i++) {
      if (found == k && x[i] <= least) continue;
      const uint64_t entry = entry_of(x[i], i);
      if (found == k && entry > best[k - 1]) continue;
      int64_t at = found < k ? found++ : k - 1;
      for (; at > 0 && best[at - 1] > entry; at--) best[at] = best[at - 1];
      best[at] = entry;
      // NaN compares with nothing: then every entry is looked at
      if (found == k) least = x[best[k - 1] & UINT32_MAX];
    }
  }
}

// For many: a radix sort of all, 8 bits of the key at a time; it keeps the order of equal keys. Result in `entries`.
template <typename T>
void sort_all(const T* x, int64_t size, uint64_t* entries, uint64_t* other) {
  int64_t counts[4][256];
  memset(counts, 0, sizeof counts);
  for (int64_t i = 0; i < size; i++) {
    entries[i] = entry_of(x[i], i);
    for (int pass = 0; pass < 4; pass++) counts[pass][entries[i] >> (32 + 8 * pass) & 255]++;
  }
  for (int pass = 0; pass < 4; pass++) {
    int64_t next = 0;
    for (int digit = 0; digit < 256; digit++) {
      const int64_t count = counts[pass][digit];
      counts[pass][digit] = next;
      next += count;
    }
    for (int64_t i = 0; i < size; i++) other[counts[pass][entries[i] >> (32 + 8 * pass) & 255]++] = entries[i];
    uint64_t* swapped = entries;
    entries = other;
    other = swapped;
  }
}

template <typename T>
const char* top_k(const Arguments& args) {
  T* values = args.pointer<T>(0);
  int32_t* indices = args.i32(1);
  const T* x = args.pointer<T>(2);
  const int64_t rows = args.at(3), size = args.at(4), k = args.at(5);
  const bool few = k <= 16 || (k <= 64 && k * 16 < size);
  int failed = 0;
  parallel_ranges(rows, larger<int64_t>(1, 16384 / size), [&](int64_t begin, int64_t end) {
    uint64_t* entries = static_cast<uint64_t*>(scratch(0, static_cast<size_t>(few ? k : 2 * size) * 8));
    if (entries == nullptr) {
      __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
      return;
    }
    for (int64_t row = begin; row < end; row++) {
      const T* own = x + row * size;
      if (few)
        choose_few(own, size, k, entries);
      else
        sort_all(own, size, entries, entries + size);
      for (int64_t i = 0; i < k; i++) {
        const int32_t index = static_cast<int32_t>(entries[i] & UINT32_MAX);
        indices[row * k + i] = index;
        values[row * k + i] = own[index];
      }
    }
  });
  return failed ? "out of memory" : nullptr;
}

// values [rows, k], indices int32 [rows, k], x [rows, size], rows, size, k (at most size), dtype (0: float32, 1: int32, 2: bool). Equal values in
// the order of their indices; NaN is larger than all.
HG_KERNEL(top_k) {
  if (args.at(5) == 0 || args.at(4) == 0) return nullptr;
  if (args.at(6) == 0) return top_k<float>(args);
  return args.at(6) == 1 ? top_k<int32_t>(args) : top_k<uint8_t>(args);
}

// to, count, first, step, dtype (0: float32, 1: int32): each number is the one before it plus the step, rounded to the dtype
HG_KERNEL(range) {
  const int64_t count = args.at(1);
  const double step = args.number(3);
  if (args.at(4) == 0) {
    float value = static_cast<float>(args.number(2));
    for (int64_t i = 0; i < count; i++, value = static_cast<float>(value + step)) args.f32(0)[i] = value;
    return nullptr;
  }
  // numbers beyond an int32 wrap round, as they do in JavaScript
  int32_t value = static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(args.number(2))));
  for (int64_t i = 0; i < count; i++) {
    args.i32(0)[i] = value;
    value = static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(value + step)));
  }
  return nullptr;
}

HG_END
