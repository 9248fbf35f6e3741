// Elementwise kernels of two tensors, with broadcasting. Each operation brings a loop over contiguous numbers; where the
// numbers lie is found here.
#pragma once
#include "../simd/loops.h"
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Which operands a loop walks along; the other stays at one number.
enum Walk { kBoth, kOnlyA, kOnlyB };

typedef void (*BinaryLoop)(void* to, const void* a, const void* b, int64_t count, Walk walk);

// Sizes and steps of the operands, in numbers; the result is contiguous.
struct BroadcastShape {
  static constexpr int kMaxRank = 8;
  int rank;
  int64_t sizes[kMaxRank];
  int64_t steps[2][kMaxRank];
};

// Shorter rows than this are put together first, so that a loop is worth its beginning.
constexpr int64_t kShortRow = 48;
constexpr int64_t kTile = 1024;

// Writes rows `row` … of an operand one after the other.
template <typename T>
inline void expand_rows(void* to, const void* from, const BroadcastShape& shape, int operand, int64_t row, int64_t rows) {
  const int last = shape.rank - 1;
  const int64_t* steps = shape.steps[operand];
  const int64_t length = shape.sizes[last];
  int64_t at[BroadcastShape::kMaxRank];
  int64_t offset = 0;
  for (int d = last - 1; d >= 0; d--) {
    at[d] = row % shape.sizes[d];
    row /= shape.sizes[d];
    offset += at[d] * steps[d];
  }
  T* write = static_cast<T*>(to);
  for (; rows > 0; rows--) {
    const T* read = static_cast<const T*>(from) + offset;
    if (steps[last] == 0)
      for (int64_t i = 0; i < length; i++) write[i] = *read;
    else
      for (int64_t i = 0; i < length; i++) write[i] = read[i];
    write += length;
    for (int d = last - 1; d >= 0; d--) {
      offset += steps[d];
      if (++at[d] < shape.sizes[d]) break;
      offset -= at[d] * steps[d];
      at[d] = 0;
    }
  }
}

inline void broadcast_short_rows(uint8_t* to, const uint8_t* const (&from)[2], const BroadcastShape& shape, BinaryLoop loop,
                                 int64_t in_bytes, int64_t out_bytes, int64_t total, int64_t grain) {
  const int last = shape.rank - 1;
  const int64_t length = shape.sizes[last];
  const int64_t tile_rows = kTile / length;
  enum { kContiguous, kSameRow, kOther } kinds[2];
  for (int k = 0; k < 2; k++) {
    bool contiguous = shape.steps[k][last] == 1, same = true;
    int64_t size = length;
    for (int d = last - 1; d >= 0; d--) {
      contiguous = contiguous && shape.steps[k][d] == size;
      same = same && shape.steps[k][d] == 0;
      size *= shape.sizes[d];
    }
    kinds[k] = contiguous ? kContiguous : same ? kSameRow : kOther;
  }
  parallel_ranges(total / length, larger<int64_t>(grain / length, 1), [&](int64_t begin, int64_t end) {
    alignas(64) uint8_t tiles[2][kTile * 4];
    for (int64_t row = begin; row < end; row += tile_rows) {
      const int64_t rows = smaller(tile_rows, end - row);
      const uint8_t* operands[2];
      for (int k = 0; k < 2; k++) {
        operands[k] = kinds[k] == kContiguous ? from[k] + row * length * in_bytes : tiles[k];
        if (kinds[k] == kContiguous || (kinds[k] == kSameRow && row > begin)) continue;
        if (in_bytes == 4)
          expand_rows<uint32_t>(tiles[k], from[k], shape, k, row, rows);
        else
          expand_rows<uint8_t>(tiles[k], from[k], shape, k, row, rows);
      }
      loop(to + row * length * out_bytes, operands[0], operands[1], rows * length, kBoth);
    }
  });
}

// Arguments from `first` on: to, a, b, rank (1 … 8), sizes, steps of a, steps of b. Sizes are not 0; the last steps are 0 or 1,
// and not both 0 unless the rank is 1.
inline const char* broadcast(const Arguments& args, int first, BinaryLoop loop, int64_t in_bytes, int64_t out_bytes,
                             int64_t grain) {
  uint8_t* to = args.u8(first);
  const uint8_t* const from[2] = {args.u8(first + 1), args.u8(first + 2)};
  BroadcastShape shape;
  shape.rank = static_cast<int>(args.at(first + 3));
  if (shape.rank < 1 || shape.rank > BroadcastShape::kMaxRank) return "broadcast: rank must be 1 to 8";
  int64_t total = 1;
  for (int d = 0; d < shape.rank; d++) {
    shape.sizes[d] = args.at(first + 4 + d);
    shape.steps[0][d] = args.at(first + 4 + shape.rank + d);
    shape.steps[1][d] = args.at(first + 4 + 2 * shape.rank + d);
    total *= shape.sizes[d];
  }
  if (total == 0) return nullptr;
  const int last = shape.rank - 1;
  const int64_t length = shape.sizes[last];
  const int64_t step_a = shape.steps[0][last], step_b = shape.steps[1][last];
  const Walk walk = step_a == 0 ? kOnlyB : step_b == 0 ? kOnlyA : kBoth;
  if (shape.rank > 1 && length < kShortRow) {
    broadcast_short_rows(to, from, shape, loop, in_bytes, out_bytes, total, grain);
    return nullptr;
  }
  parallel_ranges(total, grain, [&](int64_t begin, int64_t end) {
    int64_t at[BroadcastShape::kMaxRank];
    int64_t offset_a = 0, offset_b = 0;
    int64_t row = begin / length;
    for (int d = last - 1; d >= 0; d--) {
      at[d] = row % shape.sizes[d];
      row /= shape.sizes[d];
      offset_a += at[d] * shape.steps[0][d];
      offset_b += at[d] * shape.steps[1][d];
    }
    int64_t column = begin % length;
    while (begin < end) {
      const int64_t count = smaller(length - column, end - begin);
      loop(to + begin * out_bytes, from[0] + (offset_a + column * step_a) * in_bytes,
           from[1] + (offset_b + column * step_b) * in_bytes, count, walk);
      begin += count;
      column = 0;
      for (int d = last - 1; d >= 0; d--) {
        offset_a += shape.steps[0][d];
        offset_b += shape.steps[1][d];
        if (++at[d] < shape.sizes[d]) break;
        offset_a -= at[d] * shape.steps[0][d];
        offset_b -= at[d] * shape.steps[1][d];
        at[d] = 0;
      }
    }
  });
  return nullptr;
}

// The loop of Operation::of(V, V) on floats, V being Floats.
template <typename Operation>
void float_loop(void* to, const void* a, const void* b, int64_t count, Walk walk) {
  float* out = static_cast<float*>(to);
  const float *x = static_cast<const float*>(a), *y = static_cast<const float*>(b);
  if (walk == kBoth) {
    map(out, x, y, count, [](Floats p, Floats q) HG_LAMBDA { return Operation::of(p, q); });
  } else if (walk == kOnlyA) {
    const Floats q = splat(*y);
    map(out, x, count, [q](Floats p) HG_LAMBDA { return Operation::of(p, q); });
  } else {
    const Floats p = splat(*x);
    map(out, y, count, [p](Floats q) HG_LAMBDA { return Operation::of(p, q); });
  }
}

// The loop of Operation::of(In, In), left to the compiler to vectorise.
template <typename Operation, typename In, typename Out>
void plain_loop(void* to, const void* a, const void* b, int64_t count, Walk walk) {
  Out* __restrict out = static_cast<Out*>(to);
  const In *__restrict x = static_cast<const In*>(a), *__restrict y = static_cast<const In*>(b);
  if (walk == kBoth) {
    for (int64_t i = 0; i < count; i++) out[i] = Operation::of(x[i], y[i]);
  } else if (walk == kOnlyA) {
    const In q = *y;
    for (int64_t i = 0; i < count; i++) out[i] = Operation::of(x[i], q);
  } else {
    const In p = *x;
    for (int64_t i = 0; i < count; i++) out[i] = Operation::of(p, y[i]);
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
