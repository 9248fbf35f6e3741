// Rows picked by index.
#include "../movement/indices.h"
#include "../movement/runs.h"

HG_BEGIN

struct Gather {
  uint8_t* to;
  const uint8_t* from;
  const int32_t* indices;
  int64_t outer, size, count, bytes;
};

// How many rows ahead memory is asked for.
constexpr int64_t kAhead = 8;

template <int64_t kBytes>
void gather_rows(const Gather& g, int64_t begin, int64_t end) {
  while (begin < end) {
    // rows of one list of indices, taken from one place on the outer axes
    const int64_t list = begin / g.count, first = begin - list * g.count;
    const int64_t rows = smaller(g.count - first, end - begin);
    const int32_t* at = g.indices + list / g.outer * g.count + first;
    const uint8_t* from = g.from + list * g.size * g.bytes;
    uint8_t* to = g.to + begin * g.bytes;
    for (int64_t i = 0; i < rows; i++) {
      if (kBytes == 0 && i + kAhead < rows) {
        const uint8_t* next = from + at[i + kAhead] * g.bytes;
        for (int64_t line = 0; line < smaller<int64_t>(g.bytes, 512); line += 64) __builtin_prefetch(next + line);
      }
      copy_block<kBytes>(to + i * (kBytes > 0 ? kBytes : g.bytes), from + at[i] * (kBytes > 0 ? kBytes : g.bytes),
                         g.bytes);
    }
    begin += rows;
  }
}

// to [batch, outer, count, …], from [batch, outer, size, …], indices int32 [batch, count], batch, outer, size, count, bytes
// of a row
HG_KERNEL(gather) {
  const Gather g = {args.u8(0), args.u8(1), args.i32(2), args.at(4), args.at(5), args.at(6), args.at(7)};
  const int64_t batch = args.at(3);
  if (const char* problem = check_indices("gather", g.indices, batch * g.count, g.size)) return problem;
  const int64_t rows = batch * g.outer * g.count;
  if (g.bytes == 0) return nullptr;
  parallel_ranges(rows, larger<int64_t>(1, kChunkBytes / (g.bytes + 4)), [&](int64_t begin, int64_t end) {
    switch (g.bytes) {
      case 1: return gather_rows<1>(g, begin, end);
      case 4: return gather_rows<4>(g, begin, end);
      case 8: return gather_rows<8>(g, begin, end);
      case 12: return gather_rows<12>(g, begin, end);
      case 16: return gather_rows<16>(g, begin, end);
      default: return gather_rows<0>(g, begin, end);
    }
  });
  return nullptr;
}

HG_END
