// What every kernel file includes. A kernel file is compiled once for each instruction set, in a namespace of its own
// (HG_NAMESPACE), so that no function compiled for one processor is linked into the code for another. For the same reason
// kernel files include no header of the C++ library.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../runtime/kernel.h"

#ifndef HG_ISA
#define HG_ISA 0
#endif

#if defined(__AVX512F__)
#define HG_NAMESPACE avx512
#define HG_LANES 16
#elif defined(__AVX2__)
#define HG_NAMESPACE avx2
#define HG_LANES 8
#else
#define HG_NAMESPACE baseline
#define HG_LANES 4
#endif

#define HG_INLINE inline __attribute__((always_inline))

namespace hourglass {
namespace HG_NAMESPACE {

// Vectors of the instruction set's width; loads and stores need no alignment.
typedef float Floats __attribute__((vector_size(HG_LANES * 4)));
typedef int32_t Ints __attribute__((vector_size(HG_LANES * 4)));
typedef float UnalignedFloats __attribute__((vector_size(HG_LANES * 4), aligned(4), may_alias));

HG_INLINE Floats load(const float* from) { return *reinterpret_cast<const UnalignedFloats*>(from); }
HG_INLINE void store(float* to, Floats value) { *reinterpret_cast<UnalignedFloats*>(to) = value; }
// x - 0 is x, also where x is -0; the compiler leaves the subtraction out.
HG_INLINE Floats splat(float value) { return value - Floats{}; }

// Copies the first `count` (less than HG_LANES) numbers in pieces of fixed sizes: a memcpy of unknown size is a call.
HG_INLINE void copy_some(float* to, const float* from, int64_t count) {
  if (HG_LANES > 8 && (count & 8) != 0) {
    memcpy(to, from, 32);
    to += 8;
    from += 8;
  }
  if (HG_LANES > 4 && (count & 4) != 0) {
    memcpy(to, from, 16);
    to += 4;
    from += 4;
  }
  if ((count & 2) != 0) {
    memcpy(to, from, 8);
    to += 2;
    from += 2;
  }
  if ((count & 1) != 0) *to = *from;
}

// The first `count` (less than HG_LANES) numbers; the rest of the vector is `fill`.
HG_INLINE Floats load_some(const float* from, int64_t count, float fill = 0) {
#if defined(__AVX512F__)
  return __builtin_ia32_loadups512_mask(from, splat(fill), static_cast<unsigned short>((1u << count) - 1));
#else
  float lanes[HG_LANES];
  for (int i = 0; i < HG_LANES; i++) lanes[i] = fill;
  copy_some(lanes, from, count);
  return load(lanes);
#endif
}
HG_INLINE void store_some(float* to, Floats value, int64_t count) {
#if defined(__AVX512F__)
  __builtin_ia32_storeups512_mask(to, value, static_cast<unsigned short>((1u << count) - 1));
#else
  float lanes[HG_LANES];
  store(lanes, value);
  copy_some(to, lanes, count);
#endif
}

// In a fixed order, so that the same numbers give the same sum.
HG_INLINE float sum_of(Floats value) {
  float lanes[HG_LANES];
  store(lanes, value);
  for (int half = HG_LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  return lanes[0];
}

// A kernel's arguments: addresses, sizes and options, all as numbers.
struct Arguments {
  const double* values;
  HG_INLINE double number(int i) const { return values[i]; }
  HG_INLINE int64_t at(int i) const { return static_cast<int64_t>(values[i]); }
  HG_INLINE bool flag(int i) const { return values[i] != 0; }
  // Null for the number 0: an input that is left out.
  template <typename T>
  HG_INLINE T* pointer(int i) const {
    return reinterpret_cast<T*>(static_cast<uintptr_t>(values[i]));
  }
  HG_INLINE float* f32(int i) const { return pointer<float>(i); }
  HG_INLINE int32_t* i32(int i) const { return pointer<int32_t>(i); }
  HG_INLINE uint8_t* u8(int i) const { return pointer<uint8_t>(i); }
};

// body(chunk) for chunk = 0 … chunks - 1, on several threads.
template <typename Body>
HG_INLINE void parallel(int64_t chunks, Body body) {
  run_chunks(
      chunks, [](void* context, int64_t chunk) { (*static_cast<Body*>(context))(chunk); }, &body);
}

// body(begin, end) over parts of 0 … count - 1 of `grain` numbers each, on several threads.
template <typename Body>
HG_INLINE void parallel_ranges(int64_t count, int64_t grain, Body body) {
  if (grain < 1) grain = 1;
  if (count <= grain) {
    if (count > 0) body(static_cast<int64_t>(0), count);
    return;
  }
  parallel((count + grain - 1) / grain, [&](int64_t chunk) {
    const int64_t begin = chunk * grain;
    body(begin, begin + grain < count ? begin + grain : count);
  });
}

template <typename T>
HG_INLINE T smaller(T a, T b) {
  return a < b ? a : b;
}
template <typename T>
HG_INLINE T larger(T a, T b) {
  return a > b ? a : b;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass

// Defines a kernel and makes it known. The body sees `args` and returns null or what was wrong.
#define HG_KERNEL(NAME)                                                                             \
  static const char* NAME(const Arguments& args);                                                   \
  static const char* NAME##_entry(const double* values) { return NAME(Arguments{values}); }         \
  static ::hourglass::Registration NAME##_registration(#NAME, HG_ISA, NAME##_entry);                \
  static const char* NAME([[maybe_unused]] const Arguments& args)

#define HG_BEGIN       \
  namespace hourglass { \
  namespace HG_NAMESPACE { \
  namespace {
#define HG_END \
  }            \
  }            \
  }
