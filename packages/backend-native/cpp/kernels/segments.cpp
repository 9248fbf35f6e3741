// Maxima and softmax within groups of rows. Every group is one thread's.
#include "../movement/segments.h"
#include "../simd/math.h"

HG_BEGIN

struct Segments {
  const int32_t *pointer, *order;  // order: null where the row is the place's own number
  int64_t count, rows, width;

  HG_INLINE int64_t row_at(int64_t place) const { return order != nullptr ? order[place] : place; }

  const char* check() const {
    if (const char* problem = check_pointer(pointer, count, rows)) return problem;
    return order == nullptr ? nullptr : check_indices("segments: order", order, rows, rows);
  }

  // body(segment, begin, end) for every segment, on several threads.
  template <typename Body>
  void each(Body body) const {
    parallel_ranges(count, rows_in_chunk(count, rows, width), [&](int64_t first, int64_t last) {
      for (int64_t segment = first; segment < last; segment++) body(segment, pointer[segment], pointer[segment + 1]);
    });
  }
};

// y [segments, width], x [rows, width], pointer, order or 0, segments, rows, width
HG_KERNEL(segment_max) {
  float* y = args.f32(0);
  const float* x = args.f32(1);
  const Segments s = {args.i32(2), args.i32(3), args.at(4), args.at(5), args.at(6)};
  if (const char* problem = s.check()) return problem;
  s.each([&](int64_t segment, int64_t begin, int64_t end) {
    float* to = y + segment * s.width;
    if (begin == end) {
      memset(to, 0, static_cast<size_t>(s.width) * 4);
      return;
    }
    memcpy(to, x + s.row_at(begin) * s.width, static_cast<size_t>(s.width) * 4);
    for (int64_t place = begin + 1; place < end; place++) {
      const float* row = x + s.row_at(place) * s.width;
      for (int64_t j = 0; j < s.width; j++) to[j] = (row[j] > to[j]) | (row[j] != row[j]) ? row[j] : to[j];
    }
  });
  return nullptr;
}

// dx [rows, width], x, y [segments, width], dy, pointer, order or 0, segments, rows, width
HG_KERNEL(segment_max_gradient) {
  float* dx = args.f32(0);
  const float *x = args.f32(1), *y = args.f32(2), *dy = args.f32(3);
  const Segments s = {args.i32(4), args.i32(5), args.at(6), args.at(7), args.at(8)};
  if (const char* problem = s.check()) return problem;
  int failed = 0;
  s.each([&](int64_t segment, int64_t begin, int64_t end) {
    float* shares = static_cast<float*>(scratch(0, static_cast<size_t>(s.width + 1) * 4));
    if (shares == nullptr) {
      __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
      return;
    }
    const float *largest = y + segment * s.width, *given = dy + segment * s.width;
    for (int64_t j = 0; j < s.width; j++) shares[j] = 0;
    for (int64_t place = begin; place < end; place++) {
      const float* row = x + s.row_at(place) * s.width;
      for (int64_t j = 0; j < s.width; j++) shares[j] += row[j] == largest[j] ? 1.0f : 0.0f;
    }
    for (int64_t j = 0; j < s.width; j++) shares[j] = given[j] / (shares[j] > 1.0f ? shares[j] : 1.0f);
    for (int64_t place = begin; place < end; place++) {
      const int64_t at = s.row_at(place) * s.width;
      for (int64_t j = 0; j < s.width; j++) dx[at + j] = x[at + j] == largest[j] ? shares[j] : 0.0f;
    }
  });
  return failed ? "out of memory" : nullptr;
}

// Some columns of a segment, packed so that vectors have no gaps: `padded` numbers a row, a power of two that divides a
// vector, so that lane i of every vector holds column i % padded.
struct Packed {
  float* values;
  int64_t count;  // a whole number of vectors
  int64_t columns, padded;
};

int64_t padded_columns(int64_t columns) {
  int64_t padded = 1;
  while (padded < columns) padded *= 2;
  return padded;
}

// Gaps and the end of the last vector are `fill`. Values are null when there is no memory.
Packed pack(const Segments& s, const float* x, int64_t begin, int64_t end, int64_t first, int64_t columns, float fill,
            int slot) {
  const int64_t padded = padded_columns(columns);
  const int64_t used = (end - begin) * padded;
  const int64_t count = (used + HG_LANES - 1) / HG_LANES * HG_LANES;
  float* to = static_cast<float*>(scratch(slot, static_cast<size_t>(count + HG_LANES) * 4));
  if (to == nullptr) return {nullptr, 0, columns, padded};
  if (s.order == nullptr && padded == s.width) {
    memcpy(to, x + begin * s.width, static_cast<size_t>(used) * 4);
  } else {
    for (int64_t place = begin; place < end; place++) {
      const float* row = x + s.row_at(place) * s.width + first;
      float* packed = to + (place - begin) * padded;
      for (int64_t j = 0; j < columns; j++) packed[j] = row[j];
      for (int64_t j = columns; j < padded; j++) packed[j] = fill;
    }
  }
  for (int64_t i = used; i < count; i++) to[i] = fill;
  return {to, count, columns, padded};
}

void unpack(const Segments& s, const Packed& packed, float* y, int64_t begin, int64_t end, int64_t first) {
  if (s.order == nullptr && packed.padded == s.width) {
    memcpy(y + begin * s.width, packed.values, static_cast<size_t>((end - begin) * s.width) * 4);
    return;
  }
  for (int64_t place = begin; place < end; place++) {
    float* row = y + s.row_at(place) * s.width + first;
    const float* from = packed.values + (place - begin) * packed.padded;
    for (int64_t j = 0; j < packed.columns; j++) row[j] = from[j];
  }
}

// Combines lanes of the same column, and gives every lane its column's result.
template <typename Combine>
HG_INLINE Floats across_columns(Floats value, int64_t padded, Combine combine) {
  float lanes[HG_LANES];
  store(lanes, value);
  for (int64_t half = HG_LANES / 2; half >= padded; half /= 2)
    for (int64_t i = 0; i < half; i++) lanes[i] = combine(lanes[i], lanes[i + half]);
  for (int64_t i = padded; i < HG_LANES; i++) lanes[i] = lanes[i % padded];
  return load(lanes);
}

// body(segment's begin, end, first column, columns), as many columns at a time as a vector has lanes.
template <typename Body>
const char* each_packed(const Segments& s, Body body) {
  int failed = 0;
  s.each([&](int64_t, int64_t begin, int64_t end) {
    for (int64_t first = 0; first < s.width && begin < end; first += HG_LANES)
      if (!body(begin, end, first, smaller<int64_t>(HG_LANES, s.width - first)))
        __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
  });
  return failed ? "out of memory" : nullptr;
}

// y [rows, width], x [rows, width], pointer, order or 0, segments, rows, width
HG_KERNEL(segment_softmax) {
  float* y = args.f32(0);
  const float* x = args.f32(1);
  const Segments s = {args.i32(2), args.i32(3), args.at(4), args.at(5), args.at(6)};
  if (const char* problem = s.check()) return problem;
  return each_packed(s, [&](int64_t begin, int64_t end, int64_t first, int64_t columns) {
    const Packed p = pack(s, x, begin, end, first, columns, -kInfinity, 0);
    if (p.values == nullptr) return false;
    Floats largest = load(p.values);
    for (int64_t i = HG_LANES; i < p.count; i += HG_LANES) largest = maximum(largest, load(p.values + i));
    largest = across_columns(largest, p.padded, [](float a, float b) { return maximum(a, b); });
    // columns of the padding would subtract infinities
    if (p.columns < p.padded)
      for (int i = 0; i < HG_LANES; i++) largest[i] = i % p.padded < p.columns ? largest[i] : 0.0f;
    Floats sums = splat(0);
    for (int64_t i = 0; i < p.count; i += HG_LANES) {
      const Floats raised = exp(Floats(load(p.values + i) - largest));
      store(p.values + i, raised);
      // the end of the last vector is exp(-inf - largest): 0, but NaN where all of the column is -inf
      sums += raised;
    }
    sums = across_columns(sums, p.padded, [](float a, float b) { return a + b; });
    const Floats scale = 1.0f / sums;
    for (int64_t i = 0; i < p.count; i += HG_LANES) store(p.values + i, load(p.values + i) * scale);
    unpack(s, p, y, begin, end, first);
    return true;
  });
}

// dx [rows, width], y, dy, pointer, order or 0, segments, rows, width
HG_KERNEL(segment_softmax_gradient) {
  float* dx = args.f32(0);
  const float *y = args.f32(1), *dy = args.f32(2);
  const Segments s = {args.i32(3), args.i32(4), args.at(5), args.at(6), args.at(7)};
  if (const char* problem = s.check()) return problem;
  return each_packed(s, [&](int64_t begin, int64_t end, int64_t first, int64_t columns) {
    const Packed p = pack(s, y, begin, end, first, columns, 0, 0);
    const Packed d = pack(s, dy, begin, end, first, columns, 0, 1);
    if (p.values == nullptr || d.values == nullptr) return false;
    Floats sums = splat(0);
    for (int64_t i = 0; i < p.count; i += HG_LANES) sums += load(p.values + i) * load(d.values + i);
    sums = across_columns(sums, p.padded, [](float a, float b) { return a + b; });
    for (int64_t i = 0; i < p.count; i += HG_LANES)
      store(p.values + i, load(p.values + i) * (load(d.values + i) - sums));
    unpack(s, p, dx, begin, end, first);
    return true;
  });
}

HG_END
