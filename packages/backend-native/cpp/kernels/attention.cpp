// Attention by blocks of keys, with running maxima and sums (FlashAttention, Dao et al. 2022, arXiv:2205.14135).
#include "../attention/blocks.h"

HG_BEGIN

// Queries for which keys and values are copied once.
constexpr int64_t kChunk = 4 * kQueries;
// Roughly how many multiplications are worth handing to another thread.
constexpr int64_t kWork = 1 << 20;

float max_of(Floats value) {
  float lanes[HG_LANES];
  store(lanes, value);
  for (int half = HG_LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  return lanes[0];
}

// What is known of a query after some keys.
struct Running {
  float max, sum;
};

// Turns `count` scores into weights relative to the running maximum, followed by zeros up to `filled`.
// Returns what the earlier sums are to be multiplied by. A NaN among the scores becomes NaN weights and a NaN sum.
HG_INLINE float weigh(float* scores, int64_t count, int64_t filled, Running& running) {
  const Floats lowest = splat(-kInfinity);
  Floats top = lowest;
  int64_t j = 0;
  for (; j + HG_LANES <= count; j += HG_LANES) {
    const Floats value = load(scores + j);
    top = value > top ? value : top;
  }
  if (j < count) {
    const Floats value = load_some(scores + j, count - j, -kInfinity);
    store(scores + j, value);
    j += HG_LANES;
    top = value > top ? value : top;
  }
  const float highest = max_of(top);
  const float max = highest > running.max ? highest : running.max;
  // a query that has seen nothing yet: all weights are 0
  const Floats base = splat(max == -kInfinity ? 0 : max);
  Floats sum = {};
  for (int64_t i = 0; i < j; i += HG_LANES) {
    const Floats value = exp_below(load(scores + i) - base);
    store(scores + i, value);
    sum += value;
  }
  for (; j < filled; j++) scores[j] = 0;
  const float factor = max == running.max ? 1 : exp_below(running.max - max);
  running.max = max;
  running.sum = running.sum * factor + sum_of(sum);
  return factor;
}

// Queries query … query + queries - 1 of one head; false when there is no memory.
bool attend(const Problem& p, int64_t b, int64_t h, int64_t query, int64_t queries, float* log_sums) {
  const int64_t g = h / (p.heads / p.groups);
  const int64_t e = p.features, e_stride = padded(e), v_stride = padded(p.outputs);
  const int64_t most = rounded(smaller(p.keys, kKeys), kTileColumns);
  float* memory = static_cast<float*>(scratch(0, static_cast<size_t>(most * (e + v_stride) + queries * (e_stride + v_stride) +
                                                                      kQueries * kScoreStride + 2 * kChunk) *
                                                     4));
  if (memory == nullptr) return false;
  float* const keys = memory;
  float* const values = keys + most * e;
  float* const q = values + most * v_stride;
  float* const sums = q + queries * e_stride;
  float* const scores = sums + queries * v_stride;
  Running* const running = reinterpret_cast<Running*>(scores + kQueries * kScoreStride);
  copy_rows(q, e_stride, p.q.rows(b, h) + query * p.q.row, p.q.row, queries, e, p.scale);
  memset(sums, 0, static_cast<size_t>(queries * v_stride) * 4);
  for (int64_t i = 0; i < queries; i++) running[i] = Running{-kInfinity, 0};
  const int64_t mask = p.mask.kind == kNoMask ? 0 : p.mask.offset(b, h);
  const int64_t end = p.seen(query + queries - 1, 0, p.keys);
  for (int64_t first = 0; first < end; first += kKeys) {
    const int64_t count = smaller(end - first, kKeys);
    copy_transposed(keys, p.k.rows(b, g) + first * p.k.row, p.k.row, count, e);
    copy_rows(values, v_stride, p.v.rows(b, g) + first * p.v.row, p.v.row, count, p.outputs, 1);
    for (int64_t part = 0; part < queries; part += kQueries) {
      const int64_t rows = smaller(queries - part, kQueries);
      score_block(p, q + part * e_stride, e_stride, keys, e, scores, query + part, rows, first, count);
      for (int64_t i = 0; i < rows; i++) {
        float* row = scores + i * kScoreStride;
        const int64_t at = query + part + i, seen = p.seen(at, first, count);
        if (p.mask.kind != kNoMask) add_mask(p.mask, mask + at * p.mask.row + first * p.mask.key, row, seen);
        // the product below takes as many keys as the last query of the tile sees
        const int64_t filled = p.seen(at + kTileRows, first, count);
        const float factor = weigh(row, seen, filled, running[part + i]);
        if (p.kept != nullptr) drop(p, b, h, at, first, row, seen);
        if (factor != 1) {
          float* sum = sums + (part + i) * v_stride;
          for (int64_t c = 0; c < p.outputs; c += HG_LANES) store(sum + c, load(sum + c) * factor);
        }
      }
      weigh_block(p, scores, values, v_stride, p.outputs, sums + part * v_stride, v_stride, query + part, rows, first, count);
    }
  }
  for (int64_t i = 0; i < queries; i++) {
    const Running& of = running[i];
    const Floats factor = splat(of.sum == 0 ? 0 : 1 / of.sum);
    float* to = p.y.rows(b, h) + (query + i) * p.y.row;
    for (int64_t c = 0; c < p.outputs; c += HG_LANES)
      store_part(to + c, load(sums + i * v_stride + c) * factor, p.outputs - c);
    log_sums[query + i] = of.sum == 0 ? kInfinity : of.max + __builtin_logf(of.sum);
  }
  return true;
}

// log-sum-exp [batch, heads, length], then what problem_of reads
HG_KERNEL(attention) {
  const Problem p = problem_of(args, 1);
  float* log_sums = args.f32(0);
  if (p.batch * p.heads * p.length == 0) return nullptr;
  const int64_t chunks = (p.length + kChunk - 1) / kChunk;
  // of equal size, so that no chunk is left with a few queries
  const int64_t size = rounded((p.length + chunks - 1) / chunks, chunks > 1 ? kTileRows : 1);
  const int64_t work = size * p.keys * (p.features + p.outputs) + 1;
  bool failed = false;
  parallel_ranges(p.batch * p.heads * chunks, kWork / work, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t bh = item / chunks, query = item % chunks * size;
      const int64_t queries = smaller(p.length - query, size);
      if (queries > 0 && !attend(p, bh / p.heads, bh % p.heads, query, queries, log_sums + bh * p.length))
        __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    }
  });
  return failed ? "out of memory" : nullptr;
}

HG_END
