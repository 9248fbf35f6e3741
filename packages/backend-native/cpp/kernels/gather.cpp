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

const char* gather_all(const Gather& g, int64_t batch) {
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

// to [batch, outer, count, …], from [batch, outer, size, …], indices int32 [batch, count], batch, outer, size, count, bytes
// of a row
HG_KERNEL(gather) {
  const Gather g = {args.u8(0), args.u8(1), args.i32(2), args.at(4), args.at(5), args.at(6), args.at(7)};
  const int64_t batch = args.at(3);
  if (const char* problem = check_indices("gather", g.indices, batch * g.count, g.size)) return problem;
  return gather_all(g, batch);
}

// to [count, …], from [rows, …], indices int32 [count, rank], count, rows, bytes of a row, rank, then for each of the axes that
// are indexed: rows that a step along it passes
HG_KERNEL(gather_tuples) {
  const char* problem;
  const int64_t count = args.at(3), rows = args.at(4);
  const int32_t* flat = flat_indices(args.i32(2), count, args.at(6), args, 7, 0, &problem);
  if (flat == nullptr) return problem;
  if ((problem = check_indices("gatherND: row", flat, count, rows)) != nullptr) return problem;
  return gather_all({args.u8(0), args.u8(1), flat, 1, rows, count, args.at(5)}, 1);
}

// to [count, width], from float32 or int32 [rows, width], ids int32 [count], count, rows, width: rows by number; zeros where there is
// no such row
HG_KERNEL(take_rows) {
  Word* to = args.pointer<Word>(0);
  const Word* from = args.pointer<Word>(1);
  const int32_t* ids = args.i32(2);
  const int64_t count = args.at(3), rows = args.at(4), width = args.at(5);
  parallel_ranges(count, larger<int64_t>(1, kChunkBytes / (width * 4 + 4)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      uint8_t* row = reinterpret_cast<uint8_t*>(to + i * width);
      if (ids[i] >= 0 && ids[i] < rows)
        copy_bytes(row, reinterpret_cast<const uint8_t*>(from + ids[i] * width), width * 4);
      else
        memset(row, 0, static_cast<size_t>(width) * 4);
    }
  });
  return nullptr;
}

HG_END
