// Loops over channels-last data [batch, positions, channels] with numbers for each channel. Those are repeated side by side until a
// line of them is long enough for the loops over it to run at full width with few channels too; the i-th number of a line belongs to
// channel i % channels.
#pragma once
#include "../simd/loops.h"

namespace hourglass {
namespace HG_NAMESPACE {

struct Layout {
  int64_t batch, positions, channels;
  // channels times a whole number of positions
  int64_t line;
  // positions of one chunk: about what the first cache holds, and enough that its partial results weigh little beside it
  int64_t rows;
  // chunks of one batch entry
  int64_t chunks;

  Layout(int64_t batch, int64_t positions, int64_t channels) : batch(batch), positions(positions), channels(channels) {
    const int64_t width = larger<int64_t>(1, channels);
    const int64_t repeats = width >= 256 ? 1 : (255 + width) / width;
    line = repeats * channels;
    const int64_t wanted = larger<int64_t>(64, 16384 / width);
    rows = (wanted + repeats - 1) / repeats * repeats;
    chunks = (positions + rows - 1) / rows;
  }

  HG_INLINE int64_t rows_of(int64_t chunk) const { return smaller(rows, positions - chunk * rows); }
};

// body(entry, chunk, offset, count): every chunk, its place in the data and how many numbers it has.
template <typename Body>
HG_INLINE void each_chunk(const Layout& layout, Body body) {
  parallel(layout.batch * layout.chunks, [&](int64_t i) {
    const int64_t entry = i / layout.chunks, chunk = i % layout.chunks;
    body(entry, chunk, (entry * layout.positions + chunk * layout.rows) * layout.channels,
         layout.rows_of(chunk) * layout.channels);
  });
}

HG_INLINE Floats get(const float* from, Floats) { return load(from); }
HG_INLINE float get(const float* from, float) { return *from; }
HG_INLINE void put(float* to, Floats value) { store(to, value); }
HG_INLINE void put(float* to, float value) { *to = value; }

// body(at, i, zero) for the lines of `count` numbers, of which the last may be shorter: numbers from `at` on in the data and
// from `i` on in the line, as many as `zero` has lanes.
template <typename Body>
HG_INLINE void each_line(int64_t count, int64_t line, Body body) {
  for (int64_t first = 0; first < count; first += line) {
    const int64_t length = smaller(line, count - first);
    int64_t i = 0;
    for (; i + HG_LANES <= length; i += HG_LANES) body(first + i, i, Floats{});
    for (; i < length; i++) body(first + i, i, 0.0f);
  }
}

// Adds up what a line holds for each channel, into its beginning.
HG_INLINE void fold(float* sums, const Layout& layout) {
  for (int64_t c = 0; c < layout.channels; c++) {
    double sum = 0;
    for (int64_t i = c; i < layout.line; i += layout.channels) sum += sums[i];
    sums[c] = static_cast<float>(sum);
  }
}

// Repeats the channels at the beginning of a line through the line.
HG_INLINE void repeat(float* values, const Layout& layout) {
  for (int64_t i = layout.channels; i < layout.line; i++) values[i] = values[i - layout.channels];
}

// Channels that are combined over chunks at once.
constexpr int64_t kColumns = 64;

// body(entry, channel, channels): parts of all channels of all entries.
template <typename Body>
HG_INLINE void each_column(const Layout& layout, Body body) {
  const int64_t parts = (layout.channels + kColumns - 1) / kColumns;
  parallel_ranges(layout.batch * parts, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t from = i % parts * kColumns;
      body(i / parts, from, smaller(kColumns, layout.channels - from));
    }
  });
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
