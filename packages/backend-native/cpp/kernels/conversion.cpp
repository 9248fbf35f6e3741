// Numbers of one type as another, the choice between two tensors, and functions of one int32 or bool.
#include "../elementwise/conversion.h"

#include "../simd/simd.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 15;

// Arguments of the casts and of the functions: to, from, count.
template <typename From, typename To, typename F>
HG_INLINE const char* each(const Arguments& args, F f) {
  To* to = args.pointer<To>(0);
  const From* from = args.pointer<const From>(1);
  parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) {
    To* __restrict write = to;
    const From* __restrict read = from;
    for (int64_t i = begin; i < end; i++) write[i] = f(read[i]);
  });
  return nullptr;
}

HG_KERNEL(cast_f32_i32) {
  int32_t* to = args.i32(0);
  const float* from = args.f32(1);
  parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) {
    // a block at a time: what an int32 cannot hold is rare and slow
    for (int64_t at = begin; at < end; at += 1024) {
      const int64_t stop = smaller<int64_t>(at + 1024, end);
      int32_t outside = 0;
      for (int64_t i = at; i < stop; i++) {
        const bool fits = from[i] >= -2147483648.0f && from[i] < 2147483648.0f;
        to[i] = static_cast<int32_t>(fits ? from[i] : 0.0f);
        outside |= !fits;
      }
      if (outside == 0) continue;
      for (int64_t i = at; i < stop; i++) to[i] = to_int32(from[i]);
    }
  });
  return nullptr;
}
HG_KERNEL(cast_f32_bool) {
  return each<float, uint8_t>(args, [](float x) -> uint8_t { return x != 0; });
}
HG_KERNEL(cast_i32_f32) {
  return each<int32_t, float>(args, [](int32_t x) { return static_cast<float>(x); });
}
HG_KERNEL(cast_i32_bool) {
  return each<int32_t, uint8_t>(args, [](int32_t x) -> uint8_t { return x != 0; });
}
HG_KERNEL(cast_bool_f32) {
  return each<uint8_t, float>(args, [](uint8_t x) { return static_cast<float>(x); });
}
HG_KERNEL(cast_bool_i32) {
  return each<uint8_t, int32_t>(args, [](uint8_t x) -> int32_t { return x; });
}

// unsigned, so that the lowest int32 is its own negative and sizes wrap around
HG_KERNEL(neg_i32) {
  return each<uint32_t, uint32_t>(args, [](uint32_t x) { return 0u - x; });
}
HG_KERNEL(abs_i32) {
  return each<uint32_t, uint32_t>(args, [](uint32_t x) { return x >> 31 ? 0u - x : x; });
}
HG_KERNEL(square_i32) {
  return each<uint32_t, uint32_t>(args, [](uint32_t x) { return x * x; });
}
HG_KERNEL(sign_i32) {
  return each<int32_t, int32_t>(args, [](int32_t x) -> int32_t { return (x > 0) - (x < 0); });
}
// to, from, count, smallest, largest
HG_KERNEL(clip_i32) {
  const double low = args.number(3), high = args.number(4);
  const int32_t low_value = to_int32(low), high_value = to_int32(high);
  return each<int32_t, int32_t>(args, [=](int32_t x) { return x > high ? high_value : x < low ? low_value : x; });
}
HG_KERNEL(logical_not) {
  return each<uint8_t, uint8_t>(args, [](uint8_t x) -> uint8_t { return x == 0; });
}

// to, condition (bool), yes, no, count of conditions, numbers that a condition decides on
template <typename T>
const char* choose(const Arguments& args) {
  T* to = args.pointer<T>(0);
  const uint8_t* condition = args.u8(1);
  const T *yes = args.pointer<const T>(2), *no = args.pointer<const T>(3);
  const int64_t repeat = args.at(5);
  if (repeat == 1) {
    parallel_ranges(args.at(4), kGrain, [=](int64_t begin, int64_t end) {
      T* __restrict write = to;
      const uint8_t* __restrict mask = condition;
      for (int64_t i = begin; i < end; i++) {
        // both are read, so that no branch is needed
        const T y = yes[i], n = no[i];
        write[i] = mask[i] != 0 ? y : n;
      }
    });
    return nullptr;
  }
  parallel_ranges(args.at(4), kGrain / larger<int64_t>(repeat, 1), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++)
      memcpy(to + row * repeat, (condition[row] != 0 ? yes : no) + row * repeat, static_cast<size_t>(repeat) * sizeof(T));
  });
  return nullptr;
}
HG_KERNEL(select_4) { return choose<uint32_t>(args); }
HG_KERNEL(select_1) { return choose<uint8_t>(args); }

HG_END
