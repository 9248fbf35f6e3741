// Copies between arrays of any strides: transpositions, slices, repetitions, reversals.
#include "../movement/runs.h"
#include "../movement/transpose.h"

HG_BEGIN

constexpr int kMaxRank = 16;
constexpr int64_t kTile = 64;

// Steps are in bytes.
struct Axis {
  int64_t size, in, out;
};

HG_INLINE int64_t magnitude(int64_t step) { return step < 0 ? -step : step; }

// Axes ordered by their step in the output, the largest first, with neighbours joined where they are walked as one.
int normalise(Axis* axes, int rank) {
  int count = 0;
  for (int i = 0; i < rank; i++) {
    if (axes[i].size == 1) continue;
    const Axis axis = axes[i];
    int at = count++;
    for (; at > 0 && magnitude(axes[at - 1].out) < magnitude(axis.out); at--) axes[at] = axes[at - 1];
    axes[at] = axis;
  }
  int joined = 0;
  for (int i = 0; i < count; i++) {
    const Axis axis = axes[i];
    if (joined > 0) {
      Axis& last = axes[joined - 1];
      if (last.in == axis.in * axis.size && last.out == axis.out * axis.size) {
        last = {last.size * axis.size, axis.in, axis.out};
        continue;
      }
    }
    axes[joined++] = axis;
  }
  return joined;
}

// A place in several axes at once.
struct Odometer {
  const Axis* axes;
  int rank;
  int64_t index[kMaxRank];
  const uint8_t* from;
  uint8_t* to;

  Odometer(const Axis* axes, int rank, const uint8_t* from, uint8_t* to, int64_t position)
      : axes(axes), rank(rank), from(from), to(to) {
    for (int i = rank - 1; i >= 0; i--) {
      index[i] = position % axes[i].size;
      position /= axes[i].size;
      this->from += index[i] * axes[i].in;
      this->to += index[i] * axes[i].out;
    }
  }
  HG_INLINE void next() {
    for (int i = rank - 1; i >= 0; i--) {
      from += axes[i].in;
      to += axes[i].out;
      if (++index[i] < axes[i].size) return;
      from -= axes[i].size * axes[i].in;
      to -= axes[i].size * axes[i].out;
      index[i] = 0;
    }
  }
};

template <int64_t kBytes>
void copy_line(uint8_t* to, const uint8_t* from, const Axis& axis, int64_t count, int64_t bytes) {
  const int64_t in = axis.in, out = axis.out;
  if ((kBytes == 1 || kBytes == 4) && out == kBytes) {
    // loops that the compiler can vectorise
    if (in == 0) {
      uint32_t bits = 0;
      memcpy(&bits, from, kBytes == 4 ? 4 : 1);
      fill_elements(to, count, kBytes, bits);
    } else if (in == -kBytes) {
      for (int64_t i = 0; i < count; i++)
        memcpy(to + i * (kBytes == 4 ? 4 : 1), from - i * (kBytes == 4 ? 4 : 1), kBytes == 4 ? 4 : 1);
    } else {
      for (int64_t i = 0; i < count; i++) memcpy(to + i * (kBytes == 4 ? 4 : 1), from + i * in, kBytes == 4 ? 4 : 1);
    }
    return;
  }
  for (int64_t i = 0; i < count; i++, to += out, from += in) copy_block<kBytes>(to, from, bytes);
}

// `slow` has the smallest step in the output, `fast` in the input.
template <int64_t kBytes>
void copy_tile(uint8_t* to, const uint8_t* from, const Axis& slow, int64_t slows, const Axis& fast, int64_t fasts,
               int64_t bytes) {
  int64_t done = 0;
  if (kBytes == 4 && fast.in == 4 && slow.out == 4) {
    const int64_t squares = slows / HG_LANES * HG_LANES;
    for (; done + HG_LANES <= fasts; done += HG_LANES) {
      for (int64_t s = 0; s < squares; s += HG_LANES)
        transpose_square(reinterpret_cast<float*>(to + done * fast.out + s * 4), fast.out / 4,
                         reinterpret_cast<const float*>(from + s * slow.in + done * 4), slow.in / 4);
      for (int64_t f = done; f < done + HG_LANES && squares < slows; f++)
        copy_line<kBytes>(to + f * fast.out + squares * slow.out, from + f * fast.in + squares * slow.in, slow,
                          slows - squares, bytes);
    }
  }
  for (; done < fasts; done++) copy_line<kBytes>(to + done * fast.out, from + done * fast.in, slow, slows, bytes);
}

struct Job {
  uint8_t* to;
  const uint8_t* from;
  Axis axes[kMaxRank];
  int rank;       // of `axes`, which are outside of lines or tiles
  int64_t bytes;  // of an element, or of a run of them
  Axis slow, fast;
};

template <int64_t kBytes>
void copy_lines(const Job& job) {
  // long lines are cut, so that there is work for everyone
  const int64_t piece = larger<int64_t>(1, smaller(job.slow.size, kChunkBytes / job.bytes));
  Axis axes[kMaxRank];
  for (int i = 0; i < job.rank; i++) axes[i] = job.axes[i];
  const int64_t pieces = (job.slow.size + piece - 1) / piece;
  axes[job.rank] = {pieces, piece * job.slow.in, piece * job.slow.out};
  int64_t items = pieces;
  for (int i = 0; i < job.rank; i++) items *= axes[i].size;
  parallel_ranges(items, kChunkBytes / (piece * job.bytes), [&](int64_t begin, int64_t end) {
    Odometer at(axes, job.rank + 1, job.from, job.to, begin);
    for (int64_t item = begin; item < end; item++, at.next()) {
      const int64_t left = job.slow.size - at.index[job.rank] * piece;
      copy_line<kBytes>(at.to, at.from, job.slow, smaller(piece, left), job.bytes);
    }
  });
}

template <int64_t kBytes>
void copy_tiles(const Job& job) {
  const Axis &slow = job.slow, &fast = job.fast;
  Axis axes[kMaxRank];
  for (int i = 0; i < job.rank; i++) axes[i] = job.axes[i];
  const int64_t slow_step = smaller(slow.size, kTile), fast_step = smaller(fast.size, kTile);
  axes[job.rank] = {(fast.size + fast_step - 1) / fast_step, fast_step * fast.in, fast_step * fast.out};
  axes[job.rank + 1] = {(slow.size + slow_step - 1) / slow_step, slow_step * slow.in, slow_step * slow.out};
  int64_t items = 1;
  for (int i = 0; i < job.rank + 2; i++) items *= axes[i].size;
  parallel_ranges(items, kChunkBytes / (slow_step * fast_step * job.bytes), [&](int64_t begin, int64_t end) {
    Odometer at(axes, job.rank + 2, job.from, job.to, begin);
    for (int64_t item = begin; item < end; item++, at.next()) {
      const int64_t fasts = smaller(fast_step, fast.size - at.index[job.rank] * fast_step);
      const int64_t slows = smaller(slow_step, slow.size - at.index[job.rank + 1] * slow_step);
      copy_tile<kBytes>(at.to, at.from, slow, slows, fast, fasts, job.bytes);
    }
  });
}

template <int64_t kBytes>
void copy_all(const Job& job, bool tiled) {
  if (tiled)
    copy_tiles<kBytes>(job);
  else
    copy_lines<kBytes>(job);
}

// to, from, bytes of an element (1 or 4), rank, then for each axis: size, step in from, step in to (in elements; steps in
// `to` are not 0)
HG_KERNEL(strided_copy) {
  Job job;
  job.to = args.u8(0);
  job.from = args.u8(1);
  job.bytes = args.at(2);
  int rank = static_cast<int>(args.at(3));
  // two more are needed for pieces of lines and tiles
  if (rank > kMaxRank - 2) return "strided_copy: too many axes";
  Axis axes[kMaxRank];
  for (int i = 0; i < rank; i++) {
    axes[i] = {args.at(4 + 3 * i), args.at(5 + 3 * i) * job.bytes, args.at(6 + 3 * i) * job.bytes};
    if (axes[i].size == 0) return nullptr;
  }
  rank = normalise(axes, rank);
  // runs of elements are one larger element
  if (rank > 0 && axes[rank - 1].in == job.bytes && axes[rank - 1].out == job.bytes) {
    job.bytes *= axes[--rank].size;
    if (job.bytes > kChunkBytes) {
      // cut, so that it is spread over the threads; a rest is copied apart
      const int64_t whole = job.bytes / kChunkBytes;
      const int64_t rest = job.bytes - whole * kChunkBytes;
      Axis rows[kMaxRank];
      int64_t count = 1;
      for (int i = 0; i < rank; i++) {
        rows[i] = axes[i];
        count *= axes[i].size;
      }
      rows[rank] = {whole + (rest > 0), kChunkBytes, kChunkBytes};
      parallel(count * rows[rank].size, [&](int64_t item) {
        const Odometer at(rows, rank + 1, job.from, job.to, item);
        memcpy(at.to, at.from, static_cast<size_t>(at.index[rank] < whole ? kChunkBytes : rest));
      });
      return nullptr;
    }
  }
  if (rank == 0) {
    copy_bytes(job.to, job.from, job.bytes);
    return nullptr;
  }
  const int last = rank - 1;
  int fastest = last;
  for (int i = last - 1; i >= 0; i--)
    if (axes[i].in != 0 && magnitude(axes[i].in) < magnitude(axes[fastest].in)) fastest = i;
  // a run that fills several cache lines is as good as any order of them
  const bool tiled = fastest != last && axes[last].in != 0 && job.bytes < 256;
  job.slow = axes[last];
  job.fast = axes[fastest];
  job.rank = 0;
  for (int i = 0; i < last; i++)
    if (!tiled || i != fastest) job.axes[job.rank++] = axes[i];
  switch (job.bytes) {
    case 1: copy_all<1>(job, tiled); break;
    case 4: copy_all<4>(job, tiled); break;
    case 8: copy_all<8>(job, tiled); break;
    case 12: copy_all<12>(job, tiled); break;
    case 16: copy_all<16>(job, tiled); break;
    case 32: copy_all<32>(job, tiled); break;
    case 64: copy_all<64>(job, tiled); break;
    case 128: copy_all<128>(job, tiled); break;
    default: copy_all<0>(job, tiled);
  }
  return nullptr;
}

HG_END
