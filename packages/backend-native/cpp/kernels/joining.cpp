// Arrays laid side by side, and taken apart again.
#include "../movement/runs.h"

HG_BEGIN

// One array is rows of `row` bytes; part i of every row, `bytes` long, is a row of the i-th of the other arrays. The parts
// stand at args 4 + 2i: address, bytes. The work is cut into equal pieces of the row-major whole.
template <bool kJoining>
const char* move_parts(const Arguments& args) {
  uint8_t* whole = args.u8(0);
  const int64_t row = args.at(1), rows = args.at(2);
  const int parts = static_cast<int>(args.at(3));
  int64_t width = 0;
  for (int i = 0; i < parts; i++) width += args.at(5 + 2 * i);
  const int64_t total = width * rows;
  if (total == 0) return nullptr;
  parallel_ranges(total, kChunkBytes, [&](int64_t begin, int64_t end) {
    int64_t line = begin / width;
    int64_t column = begin - line * width;  // within the parts
    int part = 0;
    int64_t within = column;
    while (within >= args.at(5 + 2 * part)) within -= args.at(5 + 2 * part++);
    for (int64_t left = end - begin; left > 0;) {
      const int64_t bytes = args.at(5 + 2 * part);
      const int64_t count = smaller(bytes - within, left);
      uint8_t* outside = whole + line * row + column;
      uint8_t* inside = args.u8(4 + 2 * part) + line * bytes + within;
      if (kJoining)
        copy_bytes(outside, inside, count);
      else
        copy_bytes(inside, outside, count);
      left -= count;
      column += count;
      within = 0;
      if (++part == parts) {
        part = 0;
        column = 0;
        line++;
      }
    }
  });
  return nullptr;
}

// to, bytes of its rows, rows, parts, then for each part: from, bytes of its rows
HG_KERNEL(join) { return move_parts<true>(args); }

// from, bytes of its rows, rows, parts, then for each part: to, bytes of its rows
HG_KERNEL(split) { return move_parts<false>(args); }

HG_END
