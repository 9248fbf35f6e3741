// The gradients of attention: each block's weights are computed anew from the saved log-sum-exp (FlashAttention, Dao et al.
// 2022, arXiv:2205.14135, algorithm 4).
#include "../attention/blocks.h"

HG_BEGIN

// So many parts should there be to hand out; with fewer heads of keys than that, each one's keys are divided.
constexpr int64_t kParts = 8;
constexpr int64_t kWork = 1 << 20;

struct Gradient : Problem {
  Tensor dq, dk, dv, dy;
  const float *log_sums, *inner;  // of each query: the log-sum-exp; the product of its result and that's gradient
  int64_t parts, part_size;       // parts of the keys, and keys in each
  float* partial_q;               // with several parts: what each adds to the gradient of q, [parts][batch, heads, length, features]
};

// Scores to weights, gradients of weights to gradients of scores; zeros from `count` up to `filled`.
HG_INLINE void differentiate(float* scores, float* slopes, int64_t count, int64_t filled, float log_sum, float inner) {
  const Floats base = splat(log_sum), mean = splat(inner);
  int64_t j = 0;
  for (; j + HG_LANES <= count; j += HG_LANES) {
    const Floats weight = exp_below(load(scores + j) - base);
    store(scores + j, weight);
    store(slopes + j, weight * (load(slopes + j) - mean));
  }
  if (j < count) {
    const Floats weight = exp_below(load_some(scores + j, count - j) - base);
    const Floats slope = weight * (load_some(slopes + j, count - j) - mean);
    store_some(scores + j, weight, count - j);
    store_some(slopes + j, slope, count - j);
  }
  if (count < filled) {
    memset(scores + count, 0, static_cast<size_t>(filled - count) * 4);
    memset(slopes + count, 0, static_cast<size_t>(filled - count) * 4);
  }
}

// to[j] += sum over queries i of weights[i][j] rows[i], for keys j that the queries see.
HG_INLINE void gather_block(const Problem& p, const float* weights, const float* rows, int64_t row_stride, int64_t width,
                            float* to, int64_t to_stride, int64_t query, int64_t queries, int64_t first, int64_t count) {
  for (int64_t c = 0; c < width; c += kTileColumns) {
    const int64_t columns = smaller<int64_t>(width - c, kTileColumns);
    for (int64_t j = 0; j < count; j += kTileRows) {
      // a causal query before the tile's first key adds nothing
      const int64_t from = p.causal ? larger<int64_t>(0, first + j - query) : 0;
      if (from >= queries) break;
      tile_any(tile_height(j, count), Columns<kScoreStride>{weights + from * kScoreStride + j}, rows + from * row_stride + c,
               row_stride, queries - from, to + j * to_stride + c, to_stride, columns, true, nullptr);
    }
  }
}

void write_rows(const Tensor& to, int64_t b, int64_t h, int64_t first, const float* from, int64_t stride, int64_t rows,
                int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    float* at = to.rows(b, h) + (first + i) * to.row;
    for (int64_t c = 0; c < columns; c += HG_LANES) store_part(at + c, load(from + i * stride + c), columns - c);
  }
}

// One head of keys and one part of them; false when there is no memory.
bool differentiate_part(const Gradient& p, int64_t b, int64_t g, int64_t part) {
  const int64_t e = p.features, v = p.outputs, e_stride = padded(e), v_stride = padded(v);
  const int64_t most = rounded(smaller(p.keys, kKeys), kTileColumns), shared = p.heads / p.groups;
  float* at = static_cast<float*>(scratch(0, static_cast<size_t>(most * (e + v + 2 * e_stride + v_stride) +
                                                                 kQueries * (e_stride + v_stride + 2 * kScoreStride)) *
                                                 4));
  if (at == nullptr) return false;
  const auto take = [&](int64_t count) {
    float* taken = at;
    at += count;
    return taken;
  };
  float* const scores = take(kQueries * kScoreStride);
  float* const slopes = take(kQueries * kScoreStride);
  float* const q = take(kQueries * e_stride);
  float* const dy = take(kQueries * v_stride);
  float* const k = take(most * e_stride);
  float* const dk = take(most * e_stride);
  float* const dv = take(most * v_stride);
  float* const k_panels = take(most * e);
  float* const v_panels = take(most * v);

  const int64_t last = smaller(p.keys, (part + 1) * p.part_size);
  for (int64_t first = part * p.part_size; first < last; first += kKeys) {
    const int64_t count = smaller(last - first, kKeys);
    const float* keys = p.k.rows(b, g) + first * p.k.row;
    copy_transposed(k_panels, keys, p.k.row, count, e);
    copy_rows(k, e_stride, keys, p.k.row, count, e, p.scale);
    copy_transposed(v_panels, p.v.rows(b, g) + first * p.v.row, p.v.row, count, v);
    memset(dk, 0, static_cast<size_t>(count * e_stride) * 4);
    memset(dv, 0, static_cast<size_t>(count * v_stride) * 4);
    for (int64_t h = g * shared; h < (g + 1) * shared; h++) {
      const int64_t bh = b * p.heads + h, mask = p.mask.kind == kNoMask ? 0 : p.mask.offset(b, h);
      const float* log_sums = p.log_sums + bh * p.length;
      const float* inner = p.inner + bh * p.length;
      Tensor dq = p.dq;
      if (p.parts > 1) dq = p.tensor(p.partial_q + part * p.batch * p.heads * p.length * e, false, p.heads, p.length, e);
      // no query before the first key sees any of them
      for (int64_t query = p.causal ? first / kQueries * kQueries : 0; query < p.length; query += kQueries) {
        const int64_t rows = smaller(p.length - query, kQueries);
        copy_rows(q, e_stride, p.q.rows(b, h) + query * p.q.row, p.q.row, rows, e, p.scale);
        copy_rows(dy, v_stride, p.dy.rows(b, h) + query * p.dy.row, p.dy.row, rows, v, 1);
        score_block(p, q, e_stride, k_panels, e, scores, query, rows, first, count);
        score_block(p, dy, v_stride, v_panels, v, slopes, query, rows, first, count);
        for (int64_t i = 0; i < rows; i++) {
          float* row = scores + i * kScoreStride;
          const int64_t seen = p.seen(query + i, first, count);
          if (p.mask.kind != kNoMask)
            add_mask(p.mask, mask + (query + i) * p.mask.row + first * p.mask.key, row, seen);
          float* slope = slopes + i * kScoreStride;
          if (p.kept != nullptr) drop(p, b, h, query + i, first, slope, seen);
          differentiate(row, slope, seen, count, log_sums[query + i], inner[query + i]);
          if (p.kept != nullptr) drop(p, b, h, query + i, first, row, seen);
        }
        gather_block(p, scores, dy, v_stride, v, dv, v_stride, query, rows, first, count);
        gather_block(p, slopes, q, e_stride, e, dk, e_stride, query, rows, first, count);
        weigh_block(p, slopes, k, e_stride, e, dq.rows(b, h) + query * dq.row, dq.row, query, rows, first, count);
      }
    }
    write_rows(p.dk, b, g, first, dk, e_stride, count, e);
    write_rows(p.dv, b, g, first, dv, v_stride, count, v);
  }
  return true;
}

// Of each query the product of its result and that's gradient.
void inner_products(const Gradient& p, float* to) {
  parallel_ranges(p.batch * p.heads * p.length, 1 << 10, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t bh = row / p.length, i = row % p.length, b = bh / p.heads, h = bh % p.heads;
      const float* y = p.y.rows(b, h) + i * p.y.row;
      const float* dy = p.dy.rows(b, h) + i * p.dy.row;
      Floats sum = {};
      for (int64_t c = 0; c < p.outputs; c += HG_LANES)
        sum += load_part(y + c, p.outputs - c) * load_part(dy + c, p.outputs - c);
      to[row] = sum_of(sum);
    }
  });
}

// dq, dk, dv, dy, log-sum-exp [batch, heads, length], then what problem_of reads
HG_KERNEL(attention_gradient) {
  Gradient p;
  static_cast<Problem&>(p) = problem_of(args, 5);
  const bool last = args.flag(5 + 13);
  p.dq = p.tensor(args.f32(0), last, p.heads, p.length, p.features);
  p.dk = p.tensor(args.f32(1), last, p.groups, p.keys, p.features);
  p.dv = p.tensor(args.f32(2), last, p.groups, p.keys, p.outputs);
  p.dy = p.tensor(args.f32(3), last, p.heads, p.length, p.outputs);
  p.log_sums = args.f32(4);
  const int64_t queries = p.batch * p.heads * p.length, items = p.batch * p.groups;
  const int64_t blocks = larger<int64_t>(1, (p.keys + kKeys - 1) / kKeys);
  p.parts = items == 0 ? 1 : smaller(blocks, (kParts + items - 1) / items);
  p.part_size = (blocks + p.parts - 1) / p.parts * kKeys;
  const int64_t partial = p.parts > 1 ? queries * p.features : 0;
  float* memory = static_cast<float*>(scratch(1, static_cast<size_t>(queries + p.parts * partial + 1) * 4));
  if (memory == nullptr) return "out of memory";
  inner_products(p, memory);
  p.inner = memory;
  p.partial_q = memory + queries;
  memset(p.parts > 1 ? p.partial_q : p.dq.at, 0, static_cast<size_t>(p.parts * queries * p.features) * 4);
  bool failed = false;
  const int64_t work = p.heads / larger<int64_t>(1, p.groups) * p.length * p.part_size * (p.features + p.outputs) + 1;
  parallel_ranges(items * p.parts, kWork / work, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t bg = item / p.parts;
      if (!differentiate_part(p, bg / p.groups, bg % p.groups, item % p.parts))
        __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    }
  });
  if (failed) return "out of memory";
  if (p.parts > 1) {
    const Tensor from = p.tensor(p.partial_q, false, p.heads, p.length, p.features);
    parallel_ranges(queries, 1 << 10, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        const int64_t bh = row / p.length, i = row % p.length, b = bh / p.heads, h = bh % p.heads;
        float* to = p.dq.rows(b, h) + i * p.dq.row;
        const float* at = from.rows(b, h) + i * from.row;
        for (int64_t c = 0; c < p.features; c += HG_LANES) {
          const int64_t columns = p.features - c;
          Floats sum = load_part(at + c, columns);
          for (int64_t part = 1; part < p.parts; part++) sum += load_part(at + part * partial + c, columns);
          store_part(to + c, sum, columns);
        }
      }
    });
  }
  return nullptr;
}

HG_END
