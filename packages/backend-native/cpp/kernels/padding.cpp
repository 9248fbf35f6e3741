// Arrays with borders.
#include "../movement/runs.h"

HG_BEGIN

constexpr int kMaxRank = 16;

struct Axis {
  int64_t size, before, after;
};

HG_INLINE Axis axis_at(const Arguments& args, int first, int i) {
  return {args.at(first + 3 * i), args.at(first + 1 + 3 * i), args.at(first + 2 + 3 * i)};
}

HG_INLINE int64_t padded(const Axis& axis) { return axis.before + axis.size + axis.after; }

// to, from, bytes of an element (1 or 4), the border's bits, rank, then for each axis: size, before, after
HG_KERNEL(pad) {
  uint8_t* to = args.u8(0);
  const uint8_t* from = args.u8(1);
  const int64_t element = args.at(2);
  const uint32_t bits = static_cast<uint32_t>(args.at(3));
  const int given = static_cast<int>(args.at(4));
  if (given > kMaxRank) return "pad: too many axes";
  // an axis without border is one with the axis before it
  Axis axes[kMaxRank];
  int rank = 0;
  for (int i = 0; i < given; i++) {
    const Axis axis = axis_at(args, 5, i);
    if (rank > 0 && axis.before == 0 && axis.after == 0) {
      Axis& last = axes[rank - 1];
      last = {last.size * axis.size, last.before * axis.size, last.after * axis.size};
    } else {
      axes[rank++] = axis;
    }
  }
  if (rank == 0) axes[rank++] = {1, 0, 0};
  const Axis run = axes[--rank];
  const int64_t width = padded(run);
  int64_t rows = 1;
  for (int i = 0; i < rank; i++) rows *= padded(axes[i]);
  if (width == 0) return nullptr;
  // a long row is cut into columns
  const int64_t piece = smaller(width, kChunkBytes / element);
  const int64_t pieces = (width + piece - 1) / piece;
  parallel_ranges(rows * pieces, kChunkBytes / (piece * element), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t row = item / pieces;
      const int64_t first = (item - row * pieces) * piece;
      const int64_t count = smaller(piece, width - first);
      uint8_t* write = to + (row * width + first) * element;
      int64_t read = 0, scale = 1, rest = row;
      bool inside = true;
      for (int i = rank - 1; i >= 0; i--) {
        const int64_t whole = padded(axes[i]);
        const int64_t at = rest % whole - axes[i].before;
        rest /= whole;
        inside = inside && at >= 0 && at < axes[i].size;
        read += at * scale;
        scale *= axes[i].size;
      }
      if (!inside) {
        fill_elements(write, count, element, bits);
        continue;
      }
      const int64_t start = smaller(count, larger<int64_t>(0, run.before - first));
      const int64_t stop = larger(start, smaller(count, run.before + run.size - first));
      if (start > 0) fill_elements(write, start, element, bits);
      if (stop > start)
        copy_bytes(write + start * element, from + (read * run.size + first + start - run.before) * element,
                   (stop - start) * element);
      if (count > stop) fill_elements(write + stop * element, count - stop, element, bits);
    }
  });
  return nullptr;
}

HG_INLINE int64_t mirrored(int64_t at, int64_t size, int64_t skip) {
  if (at < 0) return -at - 1 + skip;
  return at < size ? at : 2 * size - at - 1 - skip;
}

// to, from, bytes of an element (1 or 4), 1 to leave the outermost elements out of the mirror ('reflect'), else 0
// ('symmetric'), rank, then for each axis: size, before, after
HG_KERNEL(mirror_pad) {
  uint8_t* to = args.u8(0);
  const uint8_t* from = args.u8(1);
  int64_t element = args.at(2);
  const int64_t skip = args.at(3);
  int rank = static_cast<int>(args.at(4));
  if (rank > kMaxRank) return "mirror_pad: too many axes";
  Axis axes[kMaxRank];
  for (int i = 0; i < rank; i++) axes[i] = axis_at(args, 5, i);
  // the last axes that have no border are one large element
  while (rank > 0 && axes[rank - 1].before == 0 && axes[rank - 1].after == 0) element *= axes[--rank].size;
  if (rank == 0) {
    copy_bytes(to, from, element);
    return nullptr;
  }
  const Axis run = axes[--rank];
  const int64_t width = padded(run);
  int64_t rows = 1;
  for (int i = 0; i < rank; i++) rows *= padded(axes[i]);
  if (element == 0 || width == 0) return nullptr;
  parallel_ranges(rows, kChunkBytes / (width * element), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      int64_t read = 0, scale = 1, rest = row;
      for (int i = rank - 1; i >= 0; i--) {
        const int64_t whole = padded(axes[i]);
        read += mirrored(rest % whole - axes[i].before, axes[i].size, skip) * scale;
        rest /= whole;
        scale *= axes[i].size;
      }
      const uint8_t* line = from + read * run.size * element;
      uint8_t* write = to + row * width * element;
      const auto border = [&](int64_t first, int64_t last) {
        for (int64_t at = first; at < last; at++)
          copy_bytes(write + (at + run.before) * element, line + mirrored(at, run.size, skip) * element, element);
      };
      border(-run.before, 0);
      copy_bytes(write + run.before * element, line, run.size * element);
      border(run.size, run.size + run.after);
    }
  });
  return nullptr;
}

HG_END
