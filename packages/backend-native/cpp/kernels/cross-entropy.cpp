// Cross entropy of softmax(logits) against labels. Nothing of the logits' size is written going forward, and only their
// gradient going back.
#include "../rows/row-sums.h"
#include "../simd/math.h"

HG_BEGIN

constexpr const char* kNoClass = "crossEntropy: a label is not a class";

constexpr float kLowest = -3.4028234663852886e38f;

// Up to so many classes a vector holds one class of neighbouring rows; beyond, neighbouring classes of one row.
constexpr int64_t kFewClasses = 48;

// What a label contributes: the loss is sharp (lse - x_label) + flat Σ_c w_c (lse - x_c).
struct Labels {
  const int32_t* labels;
  const float* weight;
  int64_t classes;
  int32_t ignored;
  float smoothing;
  // Σ_c w_c
  float total;

  Labels(const int32_t* labels, const float* weight, int64_t classes, double ignored, double smoothing)
      : labels(labels),
        weight(weight),
        classes(classes),
        ignored(static_cast<int32_t>(ignored)),
        smoothing(static_cast<float>(smoothing)),
        total(static_cast<float>(classes)) {
    if (weight == nullptr) return;
    double sum = 0;
    for (int64_t c = 0; c < classes; c++) sum += weight[c];
    total = static_cast<float>(sum);
  }

  HG_INLINE bool counts(int64_t row) const { return labels[row] != ignored; }
  HG_INLINE float scale(int64_t row) const { return weight == nullptr ? 1 : weight[labels[row]]; }
  HG_INLINE float sharp(int64_t row) const { return scale(row) * (1 - smoothing); }
  HG_INLINE float flat() const { return smoothing / static_cast<float>(classes); }
  // Whether all labels of these rows are classes or ignored; else notes it in `wrong`.
  HG_INLINE bool are_classes(int64_t begin, int64_t end, int* wrong) const {
    int found = 0;
    for (int64_t r = begin; r < end; r++) found |= (labels[r] != ignored) & ((labels[r] < 0) | (labels[r] >= classes));
    if (found != 0) __atomic_store_n(wrong, 1, __ATOMIC_RELAXED);
    return found == 0;
  }
};

HG_INLINE int64_t rows_of_chunk(int64_t classes) { return larger<int64_t>(HG_LANES, 32768 / larger<int64_t>(1, classes)); }

// One class of HG_LANES rows.
HG_INLINE Floats load_column(const float* from, int64_t stride) {
  Floats v;
  for (int i = 0; i < HG_LANES; i++) v[i] = from[i * stride];
  return v;
}

// HG_LANES labels, their shares of the loss (0 where ignored), and 1 or 0 for those that count or not.
struct LabelVector {
  Ints labels;
  Floats sharp, counts;
  HG_INLINE LabelVector(const Labels& all, int64_t row) {
    memcpy(&labels, all.labels + row, sizeof labels);
    counts = labels != all.ignored ? splat(1) : Floats{};
    sharp = counts * (1 - all.smoothing);
    if (all.weight != nullptr)
      for (int i = 0; i < HG_LANES; i++) sharp[i] = all.counts(row + i) ? all.sharp(row + i) : 0;
  }
};

// HG_LANES rows of few classes, from `row` on.
HG_INLINE void forward_rows(const Labels& all, const float* x, int64_t row, float* losses, float* largest, float* log_sums) {
  Floats columns[kFewClasses];
  const int64_t classes = all.classes;
  Floats top = splat(-kInfinity);
  for (int64_t c = 0; c < classes; c++) {
    columns[c] = load_column(x + row * classes + c, classes);
    top = maximum(columns[c], top);
  }
  const LabelVector own(all, row);
  Floats sum = {}, picked = {}, spread = {};
  for (int64_t c = 0; c < classes; c++) {
    const Floats from_top = columns[c] - top;
    sum += exp(from_top);
    picked = own.labels == static_cast<int32_t>(c) ? from_top : picked;
    if (all.smoothing != 0) spread += from_top * (all.weight == nullptr ? 1 : all.weight[c]);
  }
  const Floats log_sum = log(sum);
  // a class ruled out by a logit of -infinity is no more wrong than any float can say
  picked = picked < kLowest ? splat(kLowest) : picked;
  Floats loss = own.sharp * (log_sum - picked);
  if (all.smoothing != 0) loss += own.counts * all.flat() * (log_sum * all.total - spread);
  store(losses + row, own.counts > 0.0f ? loss : Floats{});
  store(largest + row, top);
  store(log_sums + row, log_sum);
}

// Lane by lane the one of `values` that `from` names.
HG_INLINE Floats pick(Floats values, Ints from) {
#ifdef __clang__
  Floats picked;
  for (int i = 0; i < HG_LANES; i++) picked[i] = values[from[i]];
  return picked;
#else
  return __builtin_shuffle(values, from);
#endif
}

// Where the numbers of HG_LANES rows of few classes are, side by side as in memory: row and class of each.
struct Places {
  Ints row[kFewClasses], column[kFewClasses];
  explicit Places(int64_t classes) {
    for (int64_t c = 0; c < classes; c++)
      for (int i = 0; i < HG_LANES; i++) {
        row[c][i] = static_cast<int32_t>((c * HG_LANES + i) / classes);
        column[c][i] = static_cast<int32_t>((c * HG_LANES + i) % classes);
      }
  }
};

HG_INLINE void backward_rows(const Labels& all, const Places& places, const float* dy, const float* x, int64_t row,
                             const float* largest, const float* log_sums, float* dx) {
  const int64_t classes = all.classes;
  const LabelVector own(all, row);
  const Floats upstream = load(dy + row), top = load(largest + row), log_sum = load(log_sums + row);
  const Floats counts = own.counts, sharp = upstream * own.sharp, flat = upstream * counts * all.flat();
  const Floats factor = sharp + flat * all.total;
  const Floats labels = __builtin_convertvector(own.labels, Floats);
  for (int64_t c = 0; c < classes; c++) {
    const int64_t at = row * classes + c * HG_LANES;
    const Ints from = places.row[c];
    const Floats column = __builtin_convertvector(places.column[c], Floats);
    const Floats p = exp(Floats(load(x + at) - pick(top, from) - pick(log_sum, from)));
    Floats d = p * pick(factor, from) - (pick(labels, from) == column ? pick(sharp, from) : Floats{});
    if (all.smoothing != 0) {
      Floats share = pick(flat, from);
      if (all.weight != nullptr)
        for (int i = 0; i < HG_LANES; i++) share[i] *= all.weight[places.column[c][i]];
      d -= share;
    }
    store(dx + at, pick(counts, from) > 0.0f ? d : Floats{});
  }
}

// The largest logit of a row of many classes, and the logarithm of Σ exp(x - largest).
HG_INLINE void softmax_of_row(const float* x, int64_t classes, float* largest, float* log_sum) {
  // NaN among them may get lost here: the sum does not lose it
  Floats tops = splat(-kInfinity), others = tops;
  int64_t c = 0;
  for (; c + 2 * HG_LANES <= classes; c += 2 * HG_LANES) {
    const Floats a = load(x + c), b = load(x + c + HG_LANES);
    tops = tops > a ? tops : a;
    others = others > b ? others : b;
  }
  for (; c + HG_LANES <= classes; c += HG_LANES) tops = maximum(tops, load(x + c));
  tops = maximum(tops, others);
  const int64_t full = c;
  Floats rest = splat(-kInfinity);
  if (full < classes) rest = load_some(x + full, classes - full, -kInfinity);
  tops = maximum(tops, rest);
  float top = tops[0];
  for (int i = 1; i < HG_LANES; i++) top = maximum(top, static_cast<float>(tops[i]));
  double sum;
  row_sums<1>(
      full, &sum, [=](int64_t i, Floats* s) { s[0] += exp(Floats(load(x + i) - top)); }, [](int64_t, float*) {});
  if (full < classes) sum += sum_of(exp(Floats(rest - top)));
  *largest = top;
  *log_sum = log(static_cast<float>(sum));
}

// logits, labels, class weights or 0, losses, largest logits, logarithms of Σ exp(x - largest), rows, classes, ignored
// label, smoothing
HG_KERNEL(softmax_cross_entropy) {
  const float* logits = args.f32(0);
  float *losses = args.f32(3), *largest = args.f32(4), *log_sums = args.f32(5);
  const int64_t rows = args.at(6), classes = args.at(7);
  const Labels labels(args.i32(1), args.f32(2), classes, args.number(8), args.number(9));
  int wrong = 0;
  parallel_ranges(rows, rows_of_chunk(classes), [=, &wrong](int64_t begin, int64_t end) {
    if (!labels.are_classes(begin, end, &wrong)) return;
    if (classes <= kFewClasses && end - begin >= HG_LANES) {
      // the last rows once more rather than fewer
      for (int64_t r = begin; r < end; r += HG_LANES)
        forward_rows(labels, logits, smaller(r, end - HG_LANES), losses, largest, log_sums);
      return;
    }
    for (int64_t r = begin; r < end; r++) {
      softmax_of_row(logits + r * classes, classes, largest + r, log_sums + r);
      const float* x = logits + r * classes;
      if (!labels.counts(r)) {
        losses[r] = 0;
        continue;
      }
      const float picked = maximum(x[labels.labels[r]] - largest[r], kLowest);
      float loss = labels.sharp(r) * (log_sums[r] - picked);
      if (labels.smoothing != 0) {
        double spread = 0;
        for (int64_t c = 0; c < classes; c++)
          spread += (labels.weight == nullptr ? 1 : labels.weight[c]) * (x[c] - largest[r]);
        loss += labels.flat() * static_cast<float>(labels.total * static_cast<double>(log_sums[r]) - spread);
      }
      losses[r] = loss;
    }
  });
  return wrong == 0 ? nullptr : kNoClass;
}

// dlosses, logits, labels, class weights or 0, largest logits, logarithms of sums, dlogits, rows, classes, ignored label,
// smoothing
//
// dx = dy (sharp (p - onehot) + flat (p Σw - w)) with p = exp(x - largest - log_sum)
HG_KERNEL(softmax_cross_entropy_grad) {
  const float *dy = args.f32(0), *logits = args.f32(1), *largest = args.f32(4), *log_sums = args.f32(5);
  float* dlogits = args.f32(6);
  const int64_t rows = args.at(7), classes = args.at(8);
  const Labels labels(args.i32(2), args.f32(3), classes, args.number(9), args.number(10));
  int wrong = 0;
  parallel_ranges(rows, rows_of_chunk(classes), [=, &wrong](int64_t begin, int64_t end) {
    if (!labels.are_classes(begin, end, &wrong)) return;
    if (classes <= kFewClasses && end - begin >= HG_LANES) {
      const Places places(classes);
      for (int64_t r = begin; r < end; r += HG_LANES)
        backward_rows(labels, places, dy, logits, smaller(r, end - HG_LANES), largest, log_sums, dlogits);
      return;
    }
    for (int64_t r = begin; r < end; r++) {
      const float* x = logits + r * classes;
      float* to = dlogits + r * classes;
      if (!labels.counts(r)) {
        memset(to, 0, static_cast<size_t>(classes) * 4);
        continue;
      }
      const float factor = dy[r] * (labels.sharp(r) + labels.flat() * labels.total);
      const float top = largest[r], sum = log_sums[r];
      int64_t c = 0;
      for (; c + HG_LANES <= classes; c += HG_LANES) store(to + c, exp(Floats(load(x + c) - top - sum)) * factor);
      if (c < classes) store_some(to + c, exp(Floats(load_some(x + c, classes - c) - top - sum)) * factor, classes - c);
      to[labels.labels[r]] -= dy[r] * labels.sharp(r);
      if (labels.smoothing != 0) {
        const float flat = dy[r] * labels.flat();
        if (labels.weight == nullptr)
          for (int64_t c = 0; c < classes; c++) to[c] -= flat;
        else
          for (int64_t c = 0; c < classes; c++) to[c] -= flat * labels.weight[c];
      }
    }
  });
  return wrong == 0 ? nullptr : kNoClass;
}

// labels, class weights or 0, to, count, classes, ignored label: the weight (1 without) of each label, 0 for the ignored
HG_KERNEL(label_weights) {
  float* to = args.f32(2);
  const Labels labels(args.i32(0), args.f32(1), args.at(4), args.number(5), 0);
  int wrong = 0;
  parallel_ranges(args.at(3), 1 << 15, [=, &wrong](int64_t begin, int64_t end) {
    if (!labels.are_classes(begin, end, &wrong)) return;
    for (int64_t r = begin; r < end; r++) to[r] = labels.counts(r) ? labels.scale(r) : 0;
  });
  return wrong == 0 ? nullptr : kNoClass;
}

// labels, to, count, whether a label is ignored, which: the smallest and the largest label that counts; 0 and -1 when none
// does
HG_KERNEL(label_range) {
  const int32_t* labels = args.i32(0);
  int32_t* to = args.i32(1);
  const bool ignores = args.flag(3);
  const auto ignored = static_cast<int32_t>(args.number(4));
  int32_t low = INT32_MAX, high = INT32_MIN;
  for (int64_t i = 0; i < args.at(2); i++) {
    const bool counts = !ignores || labels[i] != ignored;
    low = smaller(low, counts ? labels[i] : INT32_MAX);
    high = larger(high, counts ? labels[i] : INT32_MIN);
  }
  to[0] = low > high ? 0 : low;
  to[1] = low > high ? -1 : high;
  return nullptr;
}

HG_END
