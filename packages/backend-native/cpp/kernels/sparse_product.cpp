// Sparse matrices in compressed rows times dense ones. Every row is summed by one thread in the order of its places.
#include "../movement/segments.h"

HG_BEGIN

struct Sparse {
  const int32_t *pointer, *column, *edge;  // column, edge: null where they are the place's own number
  int64_t rows, places, columns, edges, heads, width;

  HG_INLINE int64_t column_at(int64_t place) const { return column != nullptr ? column[place] : place; }
  HG_INLINE int64_t edge_at(int64_t place) const { return edge != nullptr ? edge[place] : place; }

  const char* check() const {
    if (const char* problem = check_pointer(pointer, rows, places)) return problem;
    if (column == nullptr ? places > columns : false) return "sparse product: more places than columns";
    if (column != nullptr)
      if (const char* problem = check_indices("sparse product: column", column, places, columns)) return problem;
    return edge == nullptr ? nullptr : check_indices("sparse product: edge", edge, places, edges);
  }
};

// A row of [heads, width] is cut into vectors of kLanes; where the width is no multiple, the last vector of a head overlaps
// the one before it. As many vectors as fit the registers are summed in one walk over the places.
constexpr int kVectors = 8;

template <int kLanes>
struct VectorOf {
  typedef float type __attribute__((vector_size(kLanes * 4)));
  typedef float unaligned __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
};
template <>
struct VectorOf<1> {
  typedef float type;
  typedef float unaligned;
};

template <int kLanes>
HG_INLINE typename VectorOf<kLanes>::type load_lanes(const float* from) {
  return *reinterpret_cast<const typename VectorOf<kLanes>::unaligned*>(from);
}
template <int kLanes>
HG_INLINE void store_lanes(float* to, typename VectorOf<kLanes>::type value) {
  *reinterpret_cast<typename VectorOf<kLanes>::unaligned*>(to) = value;
}

// How many places ahead memory is asked for.
constexpr int64_t kAhead = 6;

template <int kLanes, int kCount, bool kHeads>
HG_INLINE void sum_vectors(const Sparse& a, const float* weights, const float* x, float* y, int64_t begin, int64_t end,
                           const int64_t* offsets, const int64_t* heads, float scale) {
  typedef typename VectorOf<kLanes>::type Vector;
  Vector sums[kCount];
  for (int i = 0; i < kCount; i++) sums[i] = Vector{};
  const int64_t stride = a.heads * a.width;
  for (int64_t place = begin; place < end; place++) {
    const float* row = x + a.column_at(place) * stride;
    if (a.column != nullptr && place + kAhead < a.places) {
      const float* next = x + a.column[place + kAhead] * stride;
      for (int i = 0; i < kCount; i++)
        if ((i * kLanes) % 16 == 0) __builtin_prefetch(next + offsets[i]);
    }
    if (weights == nullptr) {
      for (int i = 0; i < kCount; i++) sums[i] += load_lanes<kLanes>(row + offsets[i]);
    } else if (kHeads) {
      const float* factors = weights + a.edge_at(place) * a.heads;
      for (int i = 0; i < kCount; i++) sums[i] += load_lanes<kLanes>(row + offsets[i]) * factors[heads[i]];
    } else {
      const float factor = weights[a.edge_at(place)];
      for (int i = 0; i < kCount; i++) sums[i] += load_lanes<kLanes>(row + offsets[i]) * factor;
    }
  }
  for (int i = 0; i < kCount; i++) store_lanes<kLanes>(y + offsets[i], sums[i] * scale);
}

template <int kLanes, bool kHeads>
void sum_row(const Sparse& a, const float* weights, const float* x, float* y, int64_t begin, int64_t end, float scale) {
  const int64_t width = kHeads ? a.width : a.heads * a.width;
  int64_t offsets[kVectors], heads[kVectors];
  int count = 0;
  const auto flush = [&] {
#define HG_CASE(N)                                                                                  \
  case N:                                                                                           \
    sum_vectors<kLanes, N, kHeads>(a, weights, x, y, begin, end, offsets, heads, scale);            \
    break;
    switch (count) {
      HG_CASE(1)
      HG_CASE(2)
      HG_CASE(3)
      HG_CASE(4)
      HG_CASE(5)
      HG_CASE(6)
      HG_CASE(7)
      HG_CASE(8)
    }
#undef HG_CASE
    count = 0;
  };
  for (int64_t head = 0; head < (kHeads ? a.heads : 1); head++) {
    for (int64_t i = 0; i < width; i += kLanes) {
      offsets[count] = head * width + smaller(i, width - kLanes);
      heads[count] = head;
      if (++count == kVectors) flush();
    }
  }
  flush();
}

template <int kLanes>
void multiply(const Sparse& a, const float* weights, const float* x, float* y, bool mean) {
  const int64_t row_size = a.heads * a.width;
  parallel_ranges(a.rows, rows_in_chunk(a.rows, a.places, row_size), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) {
      const int64_t begin = a.pointer[row], end = a.pointer[row + 1];
      const float scale = mean && end > begin ? 1.0f / static_cast<float>(end - begin) : 1.0f;
      if (weights != nullptr && a.heads > 1)
        sum_row<kLanes, true>(a, weights, x, y + row * row_size, begin, end, scale);
      else
        sum_row<kLanes, false>(a, weights, x, y + row * row_size, begin, end, scale);
    }
  });
}

// y [rows, heads, width], x [columns, heads, width], pointer, column or 0, edge or 0, weights [edges, heads] or 0, rows,
// places, columns, edges, heads, width, whether to divide by the number of places
HG_KERNEL(sparse_product) {
  float* y = args.f32(0);
  const float *x = args.f32(1), *weights = args.f32(5);
  const Sparse a = {args.i32(2), args.i32(3), args.i32(4), args.at(6), args.at(7),
                    args.at(8),  args.at(9),  args.at(10), args.at(11)};
  const bool mean = args.flag(12);
  if (const char* problem = a.check()) return problem;
  const int64_t run = weights != nullptr && a.heads > 1 ? a.width : a.heads * a.width;
  if (run == 0) return nullptr;
  if (run >= HG_LANES)
    multiply<HG_LANES>(a, weights, x, y, mean);
  else if (HG_LANES > 8 && run >= 8)
    multiply<8>(a, weights, x, y, mean);
  else if (HG_LANES > 4 && run >= 4)
    multiply<4>(a, weights, x, y, mean);
  else
    multiply<1>(a, weights, x, y, mean);
  return nullptr;
}

template <int kLanes>
HG_INLINE float dot(const float* a, const float* b, int64_t count) {
  typedef typename VectorOf<kLanes>::type Vector;
  float sum = 0;
  int64_t i = 0;
  if (kLanes > 1 && count >= kLanes) {
    Vector sums = Vector{};
    for (; i + kLanes <= count; i += kLanes) sums += load_lanes<kLanes>(a + i) * load_lanes<kLanes>(b + i);
    float lanes[kLanes];
    store_lanes<kLanes>(lanes, sums);
    for (int half = kLanes / 2; half > 0; half /= 2)
      for (int j = 0; j < half; j++) lanes[j] += lanes[j + half];
    sum = lanes[0];
  }
  for (; i < count; i++) sum += a[i] * b[i];
  return sum;
}

template <int kLanes>
void sample(const Sparse& s, const float* a, const float* b, float* out) {
  const int64_t row_size = s.heads * s.width;
  parallel_ranges(s.rows, rows_in_chunk(s.rows, s.places, row_size), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) {
      const float* left = a + row * row_size;
      for (int64_t place = s.pointer[row]; place < s.pointer[row + 1]; place++) {
        const float* right = b + s.column_at(place) * row_size;
        if (place + kAhead < s.places) {
          const float* next = b + s.column_at(place + kAhead) * row_size;
          for (int64_t i = 0; i < smaller<int64_t>(row_size, 128); i += 16) __builtin_prefetch(next + i);
        }
        float* to = out + s.edge_at(place) * s.heads;
        for (int64_t head = 0; head < s.heads; head++)
          to[head] = dot<kLanes>(left + head * s.width, right + head * s.width, s.width);
      }
    }
  });
}

// out [edges, heads], a [rows, heads, width], b [columns, heads, width], pointer, column, edge or 0, rows, places, columns,
// edges, heads, width
HG_KERNEL(sampled_product) {
  float* out = args.f32(0);
  const float *a = args.f32(1), *b = args.f32(2);
  const Sparse s = {args.i32(3), args.i32(4), args.i32(5), args.at(6), args.at(7),
                    args.at(8),  args.at(9),  args.at(10), args.at(11)};
  if (const char* problem = s.check()) return problem;
  if (s.width >= HG_LANES)
    sample<HG_LANES>(s, a, b, out);
  else if (HG_LANES > 8 && s.width >= 8)
    sample<8>(s, a, b, out);
  else
    sample<4>(s, a, b, out);
  return nullptr;
}

HG_END
