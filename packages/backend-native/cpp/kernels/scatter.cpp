// Rows added or written to places given by index. Rows that meet at one place do so in their own order, whatever the number
// of threads: the work is cut by columns or by places, not by rows.
#include "../movement/indices.h"
#include "../movement/runs.h"

HG_BEGIN

// How many rows ahead memory is asked for.
constexpr int64_t kAhead = 8;

struct Add {
  template <typename T>
  static HG_INLINE void apply(T* to, const T* from, int64_t width) {
    for (int64_t j = 0; j < width; j++) to[j] += from[j];
  }
};
struct Assign {
  template <typename T>
  static HG_INLINE void apply(T* to, const T* from, int64_t width) {
    for (int64_t j = 0; j < width; j++) to[j] = from[j];
  }
};

template <typename T>
struct Scatter {
  T* to;
  const T* from;
  const int32_t* ids;
  int64_t count, rows, width;
  int64_t step;  // from one row of `from` to the next; 0 when the same is written everywhere
};

// Columns first … first + width - 1 of rows `begin` … `end`, to the places low … low + span - 1.
template <typename Operation, int64_t kWidth, typename T>
void scatter_part(const Scatter<T>& s, int64_t begin, int64_t end, int64_t low, int64_t span, int64_t first,
                  int64_t columns) {
  const int64_t width = kWidth > 0 ? kWidth : columns;
  for (int64_t i = begin; i < end; i++) {
    if (kWidth == 0 && i + kAhead < end) {
      const int64_t next = s.ids[i + kAhead];
      if (next >= low && next < low + span)
        for (int64_t j = 0; j < smaller<int64_t>(width, 128); j += 16) __builtin_prefetch(s.to + next * s.width + first + j, 1);
    }
    const int64_t id = s.ids[i];
    if (static_cast<uint64_t>(id - low) >= static_cast<uint64_t>(span)) continue;
    Operation::apply(s.to + id * s.width + first, s.from + i * s.step + first, width);
  }
}

template <typename Operation, typename T>
void scatter_range(const Scatter<T>& s, int64_t begin, int64_t end, int64_t low, int64_t span) {
  switch (s.width) {
    case 1: return scatter_part<Operation, 1>(s, begin, end, low, span, 0, 1);
    case 2: return scatter_part<Operation, 2>(s, begin, end, low, span, 0, 2);
    case 3: return scatter_part<Operation, 3>(s, begin, end, low, span, 0, 3);
    case 4: return scatter_part<Operation, 4>(s, begin, end, low, span, 0, 4);
    case 8: return scatter_part<Operation, 8>(s, begin, end, low, span, 0, 8);
    case 16: return scatter_part<Operation, 16>(s, begin, end, low, span, 0, 16);
    default: return scatter_part<Operation, 0>(s, begin, end, low, span, 0, s.width);
  }
}

// Ids outside of [0, rows) are passed over.
template <typename Operation, typename T>
const char* scatter(const Scatter<T>& s, bool adding) {
  const int64_t total = s.count * s.width;
  if (total < 1 << 15) {
    scatter_range<Operation>(s, 0, s.count, 0, s.rows);
    return nullptr;
  }
  if (s.width >= 32) {
    // by columns, a whole number of cache lines each
    const int64_t blocks = larger<int64_t>(2, smaller<int64_t>(8, s.width / 64));
    const int64_t block = ((s.width + blocks - 1) / blocks + 15) / 16 * 16;
    parallel((s.width + block - 1) / block, [&](int64_t chunk) {
      const int64_t first = chunk * block;
      scatter_part<Operation, 0>(s, 0, s.count, 0, s.rows, first, smaller(block, s.width - first));
    });
    return nullptr;
  }
  constexpr int64_t parts = 8;
  if (adding && s.rows * parts * 2 <= s.count) {
    // few places: each part of the rows has sums of its own, which are then added in order
    const int64_t size = s.rows * s.width;
    T* sums = static_cast<T*>(scratch(1, static_cast<size_t>(size * parts) * sizeof(T)));
    if (sums == nullptr) return "out of memory";
    const int64_t rows = (s.count + parts - 1) / parts;
    parallel(parts, [&](int64_t part) {
      Scatter<T> own = s;
      own.to = sums + part * size;
      memset(own.to, 0, static_cast<size_t>(size) * sizeof(T));
      scatter_range<Operation>(own, smaller(s.count, part * rows), smaller(s.count, (part + 1) * rows), 0, s.rows);
    });
    parallel_ranges(size, 1 << 14, [&](int64_t begin, int64_t end) {
      for (int64_t part = 0; part < parts; part++) Operation::apply(s.to + begin, sums + part * size + begin, end - begin);
    });
    return nullptr;
  }
  // by places; every part looks at all ids
  constexpr int64_t ranges = 4;
  const int64_t span = (s.rows + ranges - 1) / ranges;
  parallel(ranges, [&](int64_t range) {
    const int64_t low = smaller(s.rows, range * span);
    scatter_range<Operation>(s, 0, s.count, low, smaller(span, s.rows - low));
  });
  return nullptr;
}

void zero(void* to, int64_t bytes) {
  uint8_t* all = static_cast<uint8_t*>(to);
  parallel_ranges(bytes, 1 << 18, [=](int64_t begin, int64_t end) {
    memset(all + begin, 0, static_cast<size_t>(end - begin));
  });
}

// to [rows, width], from [count, width], float32 or int32, ids int32 [count], count, rows, width, whether they are int32: sums of the rows
// of each id; ids outside of [0, rows) are passed over
HG_KERNEL(segment_sum) {
  const int64_t count = args.at(3), rows = args.at(4), width = args.at(5);
  zero(args.u8(0), rows * width * 4);
  // as unsigned numbers, whose sums may overflow
  if (args.flag(6))
    return scatter<Add>(
        Scatter<uint32_t>{args.pointer<uint32_t>(0), args.pointer<uint32_t>(1), args.i32(2), count, rows, width, width},
        true);
  return scatter<Add>(Scatter<float>{args.f32(0), args.f32(1), args.i32(2), count, rows, width, width}, true);
}

// counts float32 [rows], ids int32 [count], count, rows: how often each id is there; ids outside of [0, rows) are passed over
HG_KERNEL(count_ids) {
  float* counts = args.f32(0);
  const int32_t* ids = args.i32(1);
  const int64_t count = args.at(2), rows = args.at(3);
  memset(counts, 0, static_cast<size_t>(rows) * 4);
  for (int64_t i = 0; i < count; i++)
    if (ids[i] >= 0 && ids[i] < rows) counts[ids[i]] += 1;
  return nullptr;
}

// to [batch, outer, rows, width], from float32 [batch, outer, count, width], indices int32 [batch, count], batch, outer, count, rows, width: sums
// of the rows of each index; indices outside of [0, rows) are passed over
HG_KERNEL(place_rows) {
  float* to = args.f32(0);
  const float* from = args.f32(1);
  const int32_t* indices = args.i32(2);
  const int64_t batch = args.at(3), outer = args.at(4), count = args.at(5), rows = args.at(6), width = args.at(7);
  const int64_t lists = batch * outer;
  const auto list_at = [&](int64_t list) {
    return Scatter<float>{to + list * rows * width,       from + list * count * width,
                          indices + list / outer * count, count, rows, width, width};
  };
  if (lists >= 8) {
    parallel_ranges(lists, larger<int64_t>(1, (1 << 15) / ((rows + count) * width + 1)), [&](int64_t begin, int64_t end) {
      memset(to + begin * rows * width, 0, static_cast<size_t>((end - begin) * rows * width) * 4);
      for (int64_t list = begin; list < end; list++) {
        const Scatter<float> own = list_at(list);
        scatter_range<Add>(own, 0, count, 0, rows);
      }
    });
    return nullptr;
  }
  zero(to, lists * rows * width * 4);
  for (int64_t list = 0; list < lists; list++)
    if (const char* problem = scatter<Add>(list_at(list), true)) return problem;
  return nullptr;
}

// to [rows, width], from [count, width], indices int32 [count, rank], count, rows, width, what to do (0: add up float32, 1: add up
// int32, 2: write 4 bytes, 3: write 1 byte), elements from one row of `from` to the next, rank, then for each of the axes that are
// indexed: rows that a step along it passes. Sums begin with zeros; what is written over must be there already.
HG_KERNEL(scatter_tuples) {
  const char* problem;
  const int64_t count = args.at(3), rows = args.at(4), width = args.at(5), step = args.at(7);
  const int32_t* flat = flat_indices(args.i32(2), count, args.at(8), args, 9, 0, &problem);
  if (flat == nullptr) return problem;
  if ((problem = check_indices("scatter: row", flat, count, rows)) != nullptr) return problem;
  const int64_t task = args.at(6);
  if (task < 2) zero(args.u8(0), rows * width * 4);
  if (task == 0) return scatter<Add>(Scatter<float>{args.f32(0), args.f32(1), flat, count, rows, width, step}, true);
  if (task == 3) return scatter<Assign>(Scatter<uint8_t>{args.u8(0), args.u8(1), flat, count, rows, width, step}, false);
  const Scatter<uint32_t> words = {args.pointer<uint32_t>(0), args.pointer<uint32_t>(1), flat, count, rows, width, step};
  return task == 1 ? scatter<Add>(words, true) : scatter<Assign>(words, false);
}

// to [rows, depth], indices int32 [rows], bytes of an element (1 or 4), rows, depth, the bits of what is at the index and of
// what is elsewhere; an index outside of [0, depth) is nowhere
HG_KERNEL(one_hot) {
  uint8_t* to = args.u8(0);
  const int32_t* indices = args.i32(1);
  const int64_t element = args.at(2), rows = args.at(3), depth = args.at(4);
  const uint32_t on = static_cast<uint32_t>(args.at(5)), off = static_cast<uint32_t>(args.at(6));
  if (depth == 0) return nullptr;
  parallel_ranges(rows, larger<int64_t>(1, kChunkBytes / (depth * element)), [&](int64_t begin, int64_t end) {
    fill_elements(to + begin * depth * element, (end - begin) * depth, element, off);
    for (int64_t row = begin; row < end; row++) {
      if (indices[row] < 0 || indices[row] >= depth) continue;
      fill_elements(to + (row * depth + indices[row]) * element, 1, element, on);
    }
  });
  return nullptr;
}

HG_END
