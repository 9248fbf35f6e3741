// What attention and its gradient share: where a problem's rows lie, blocks of it copied into scratch memory, products of
// blocks, and scores with their masks.
#pragma once
#include "../linalg/pack.h"
#include "../simd/math.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Keys of a block. Scores of a block lie in rows kScoreStride apart (not a power of two, see tile.h).
constexpr int64_t kKeys = 256;
constexpr int64_t kScoreStride = kKeys + 16;
// Queries of a block: its scores, keys and values fit into the second cache.
constexpr int64_t kQueries = 4 * kTileRows;

HG_INLINE int64_t rounded(int64_t count, int64_t to) { return (count + to - 1) / to * to; }
// The distance of rows of `count` numbers in scratch memory: whole vectors, and not a multiple of a page.
HG_INLINE int64_t padded(int64_t count) { return rounded(count, HG_LANES) + 16; }

// The rows of a tensor with a batch, heads and a length, in either order of the latter two.
struct Tensor {
  float* at;
  int64_t batch, head, row;
  HG_INLINE float* rows(int64_t b, int64_t h) const { return at + b * batch + h * head; }
};

enum MaskKind { kNoMask = 0, kBoolMask = 1, kFloatMask = 2 };
constexpr int kMaskAxes = 8;

struct Mask {
  int kind;
  const void* at;
  int64_t head, row, key;  // distances; 0 where it is broadcast
  int axes;
  int64_t sizes[kMaskAxes], strides[kMaskAxes];  // of the batch

  // Where the mask of one batch entry and head begins.
  HG_INLINE int64_t offset(int64_t b, int64_t h) const {
    int64_t at = h * head;
    for (int axis = axes - 1; axis >= 0; axis--) {
      at += b % sizes[axis] * strides[axis];
      b /= sizes[axis];
    }
    return at;
  }
};

struct Problem {
  int64_t batch, heads, groups, length, keys, features, outputs;
  bool causal;
  float scale;
  Tensor q, k, v, y;
  Mask mask;
  const uint8_t* kept;  // [batch, heads, length, keys]: which weights are kept; null when all are
  float kept_scale;

  HG_INLINE Tensor tensor(float* at, bool heads_last, int64_t h, int64_t l, int64_t f) const {
    return heads_last ? Tensor{at, h * l * f, f, h * f} : Tensor{at, h * l * f, l * f, f};
  }
  // How many of the keys from `first` on query `i` sees, at most `count`.
  HG_INLINE int64_t seen(int64_t i, int64_t first, int64_t count) const {
    if (!causal) return count;
    const int64_t n = i + 1 - first;
    return n < 0 ? 0 : n < count ? n : count;
  }
};

// Arguments from `i` on: y, q, k, v, mask, kind of mask, batch, heads, groups, length, keys, features, outputs, heads last,
// causal, scale, which weights are kept and their factor, the mask's distances of heads, rows and keys, how many batch axes it
// has, their sizes, their distances.
HG_INLINE Problem problem_of(const Arguments& args, int i) {
  Problem p;
  p.batch = args.at(i + 6);
  p.heads = args.at(i + 7);
  p.groups = args.at(i + 8);
  p.length = args.at(i + 9);
  p.keys = args.at(i + 10);
  p.features = args.at(i + 11);
  p.outputs = args.at(i + 12);
  const bool last = args.flag(i + 13);
  p.causal = args.flag(i + 14);
  p.scale = static_cast<float>(args.number(i + 15));
  p.y = p.tensor(args.f32(i), last, p.heads, p.length, p.outputs);
  p.q = p.tensor(args.f32(i + 1), last, p.heads, p.length, p.features);
  p.k = p.tensor(args.f32(i + 2), last, p.groups, p.keys, p.features);
  p.v = p.tensor(args.f32(i + 3), last, p.groups, p.keys, p.outputs);
  p.mask.at = args.pointer<void>(i + 4);
  p.mask.kind = static_cast<int>(args.at(i + 5));
  p.kept = args.u8(i + 16);
  p.kept_scale = static_cast<float>(args.number(i + 17));
  p.mask.head = args.at(i + 18);
  p.mask.row = args.at(i + 19);
  p.mask.key = args.at(i + 20);
  p.mask.axes = static_cast<int>(args.at(i + 21));
  for (int axis = 0; axis < p.mask.axes; axis++) {
    p.mask.sizes[axis] = args.at(i + 22 + axis);
    p.mask.strides[axis] = args.at(i + 22 + p.mask.axes + axis);
  }
  return p;
}
// rows x columns numbers times `factor`, each row followed by zeros up to a whole vector.
HG_INLINE void copy_rows(float* to, int64_t to_stride, const float* from, int64_t from_stride, int64_t rows, int64_t columns,
                         float factor) {
  const Floats factors = splat(factor);
  for (int64_t i = 0; i < rows; i++, to += to_stride, from += from_stride) {
    int64_t j = 0;
    for (; j + HG_LANES <= columns; j += HG_LANES) store(to + j, load(from + j) * factors);
    if (j < columns) store(to + j, load_some(from + j, columns - j) * factors);
  }
}

// Turns rows x columns numbers into panels of kTileColumns rows: [panel][column][kTileColumns], the last filled with zeros.
HG_INLINE void copy_transposed(float* to, const float* from, int64_t stride, int64_t rows, int64_t columns) {
  for (int64_t first = 0; first < rows; first += kTileColumns, to += columns * kTileColumns)
    for (int64_t i = 0; i < kTileColumns; i += HG_LANES)
      pack_turned(from + (first + i) * stride, stride, rows - first - i, columns, to + i, kTileColumns);
}

// How many rows the tile that begins at `row` has.
HG_INLINE int64_t tile_height(int64_t row, int64_t rows) { return smaller<int64_t>(rows - row, kTileRows); }

// scores[i][j] = the product of row i of `a` and row first + j of what `panels` was turned from. What a causal query does not
// see may be left as it is.
HG_INLINE void score_block(const Problem& p, const float* a, int64_t a_stride, const float* panels, int64_t depth,
                           float* scores, int64_t query, int64_t queries, int64_t first, int64_t count) {
  for (int64_t j = 0; j < count; j += kTileColumns) {
    const int64_t columns = smaller<int64_t>(count - j, kTileColumns);
    for (int64_t i = 0; i < queries; i += kTileRows) {
      const int64_t rows = tile_height(i, queries);
      if (p.seen(query + i + rows - 1, first, count) <= j) continue;
      tile_any(rows, AnyRows{a + i * a_stride, a_stride}, panels + j * depth, kTileColumns, depth,
               scores + i * kScoreStride + j, kScoreStride, columns, false, nullptr);
    }
  }
}

// to[i] += scores[i] times the block of keys or values: each row of scores takes those that its tile sees.
HG_INLINE void weigh_block(const Problem& p, const float* scores, const float* values, int64_t value_stride, int64_t width,
                           float* to, int64_t to_stride, int64_t query, int64_t queries, int64_t first, int64_t count) {
  for (int64_t c = 0; c < width; c += kTileColumns) {
    const int64_t columns = smaller<int64_t>(width - c, kTileColumns);
    for (int64_t i = 0; i < queries; i += kTileRows) {
      const int64_t rows = tile_height(i, queries);
      const int64_t depth = p.seen(query + i + rows - 1, first, count);
      if (depth == 0) continue;
      tile_any(rows, Rows<kScoreStride>{scores + i * kScoreStride}, values + c, value_stride, depth, to + i * to_stride + c,
               to_stride, columns, true, nullptr);
    }
  }
}

// Adds the mask to the scores of one query: `at` points to its first key's.
HG_INLINE void add_mask(const Mask& mask, int64_t at, float* scores, int64_t count) {
  if (mask.kind == kFloatMask) {
    const float* from = static_cast<const float*>(mask.at) + at;
    if (mask.key == 1)
      for (int64_t j = 0; j < count; j++) scores[j] += from[j];
    else
      for (int64_t j = 0; j < count; j++) scores[j] += from[0];
  } else if (mask.kind == kBoolMask) {
    const uint8_t* from = static_cast<const uint8_t*>(mask.at) + at;
    if (mask.key == 1)
      for (int64_t j = 0; j < count; j++) scores[j] += from[j] != 0 ? 0.0f : -kInfinity;
    else if (from[0] == 0)
      for (int64_t j = 0; j < count; j++) scores[j] += -kInfinity;
  }
}

// Multiplies `count` numbers of query `i` by the factors of its weights for keys from `first` on.
HG_INLINE void drop(const Problem& p, int64_t b, int64_t h, int64_t i, int64_t first, float* row, int64_t count) {
  const uint8_t* kept = p.kept + ((b * p.heads + h) * p.length + i) * p.keys + first;
  const float scale = p.kept_scale;
  for (int64_t j = 0; j < count; j++) row[j] *= kept[j] != 0 ? scale : 0.0f;
}

// e to the power of numbers up to 0, without the care that large and denormal results need: 0 below the smallest normal number.
// NaN stays NaN.
template <typename V>
HG_INLINE V exp_below(V x) {
  Integers<V> n;
  V r;
  const V p = exp_reduced(x, &n, &r);
  return select(x < -87.3f, V{}, V((1.0f + (r + p)) * power_of_two<V>(n)));
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
