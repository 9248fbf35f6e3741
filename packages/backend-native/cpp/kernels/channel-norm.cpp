// Norms of channels-last data x [batch, positions, channels] whose statistics are shared by positions: batch, instance and
// group norm.
#include "../rows/lines.h"

HG_BEGIN

// x where the condition is positive, else 0.
template <typename V>
HG_INLINE V where_positive(V condition, V x) {
  return condition > 0.0f ? x : V{};
}

// Per-channel numbers of the elementwise passes, a line each for every batch entry.
struct Lines {
  const Layout& layout;
  float* memory;
  int count;
  HG_INLINE float* at(int64_t entry, int which) const { return memory + (entry * count + which) * layout.line; }
};

// The mean and the sum of squared distances from it of a chunk's channels. Two passes over the chunk, the second out of the
// cache: exact however far the numbers are from zero.
HG_INLINE void moments(const float* __restrict x, int64_t count, int64_t rows, const Layout& layout, float* __restrict mean,
                       float* __restrict squares) {
  const int64_t line = layout.line;
  for (int64_t i = 0; i < line; i++) mean[i] = squares[i] = 0;
  each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
    put(mean + i, get(mean + i, zero) + get(x + at, zero));
  });
  fold(mean, layout);
  const float share = 1.0f / static_cast<float>(rows);
  for (int64_t c = 0; c < layout.channels; c++) mean[c] *= share;
  repeat(mean, layout);
  each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
    const auto d = get(x + at, zero) - get(mean + i, zero);
    put(squares + i, get(squares + i, zero) + d * d);
  });
  fold(squares, layout);
}

// Means and biased variances [batch, groups] of x; false when there is no memory.
bool statistics(const Layout& layout, int64_t groups, const float* x, float* means, float* variances) {
  const int64_t batch = layout.batch, channels = layout.channels, chunks = layout.chunks, line = layout.line;
  const size_t partial = static_cast<size_t>(batch * chunks * 2 * line) * sizeof(float);
  const size_t totals = static_cast<size_t>(batch * channels * 2) * sizeof(double);
  auto* memory = static_cast<uint8_t*>(scratch(0, partial + totals));
  if (memory == nullptr) return false;
  auto* total = reinterpret_cast<double*>(memory);
  auto* partials = reinterpret_cast<float*>(memory + totals);
  each_chunk(layout, [&](int64_t entry, int64_t chunk, int64_t at, int64_t count) {
    float* own = partials + (entry * chunks + chunk) * 2 * line;
    moments(x + at, count, layout.rows_of(chunk), layout, own, own + line);
  });
  each_column(layout, [&](int64_t entry, int64_t from, int64_t columns) {
    double mean[kColumns] = {}, squares[kColumns] = {};
    const float* own = partials + entry * chunks * 2 * line + from;
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const double rows = static_cast<double>(layout.rows_of(chunk));
      for (int64_t c = 0; c < columns; c++) mean[c] += rows * own[chunk * 2 * line + c];
    }
    for (int64_t c = 0; c < columns; c++) mean[c] /= static_cast<double>(layout.positions);
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const double rows = static_cast<double>(layout.rows_of(chunk));
      for (int64_t c = 0; c < columns; c++) {
        const double d = own[chunk * 2 * line + c] - mean[c];
        squares[c] += own[(chunk * 2 + 1) * line + c] + rows * d * d;
      }
    }
    for (int64_t c = 0; c < columns; c++) {
      total[entry * channels + from + c] = mean[c];
      total[(batch + entry) * channels + from + c] = squares[c];
    }
  });
  const int64_t size = channels / groups;
  const double positions = static_cast<double>(layout.positions);
  parallel_ranges(batch * groups, 4096, [=](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; g++) {
      const double* mean = total + g * size;
      const double* squares = total + batch * channels + g * size;
      double middle = 0, sum = 0;
      for (int64_t c = 0; c < size; c++) middle += mean[c];
      middle /= static_cast<double>(size);
      for (int64_t c = 0; c < size; c++) sum += squares[c] + positions * (mean[c] - middle) * (mean[c] - middle);
      means[g] = static_cast<float>(middle);
      variances[g] = static_cast<float>(sum / (positions * static_cast<double>(size)));
    }
  });
  return true;
}

struct Affine {
  int64_t groups;
  const float *means, *variances, *weight, *bias;
  double eps;
  HG_INLINE double inverse(int64_t group) const { return 1 / __builtin_sqrt(static_cast<double>(variances[group]) + eps); }
};

// Lines 0 to 2: the mean, the scale and the shift, in y = (x - mean) scale + shift.
HG_INLINE void set_lines(const Layout& layout, const Affine& affine, const Lines& lines) {
  const int64_t size = layout.channels / affine.groups;
  for (int64_t entry = 0; entry < layout.batch; entry++) {
    float *mean = lines.at(entry, 0), *scale = lines.at(entry, 1), *shift = lines.at(entry, 2);
    for (int64_t g = 0; g < affine.groups; g++) {
      const int64_t group = entry * affine.groups + g;
      const float inverse = static_cast<float>(affine.inverse(group));
      for (int64_t c = g * size; c < (g + 1) * size; c++) {
        mean[c] = affine.means[group];
        scale[c] = affine.weight == nullptr ? inverse : inverse * affine.weight[c];
        shift[c] = affine.bias == nullptr ? 0 : affine.bias[c];
      }
    }
    repeat(mean, layout);
    repeat(scale, layout);
    repeat(shift, layout);
  }
}

// NaN stays NaN.
template <typename V>
HG_INLINE V rectified(V x) {
  return x < 0.0f ? V{} : x;
}

// x, weight or 0, bias or 0, y, means, variances, batch, positions, channels, groups, eps, relu, whether the statistics are
// given (else they are computed and written)
HG_KERNEL(channel_norm) {
  const float* x = args.f32(0);
  float* y = args.f32(3);
  const Layout layout(args.at(6), args.at(7), args.at(8));
  const bool relu = args.flag(11);
  const Affine affine{args.at(9), args.f32(4), args.f32(5), args.f32(1), args.f32(2), args.number(10)};
  if (layout.channels == 0) {
    for (int64_t g = 0; g < layout.batch * affine.groups && !args.flag(12); g++) args.f32(4)[g] = args.f32(5)[g] = 0;
    return nullptr;
  }
  if (!args.flag(12) && !statistics(layout, affine.groups, x, args.f32(4), args.f32(5))) return "out of memory";
  const Lines lines{layout, static_cast<float*>(scratch(0, static_cast<size_t>(layout.batch * 3 * layout.line) * 4)), 3};
  if (lines.memory == nullptr) return "out of memory";
  set_lines(layout, affine, lines);
  each_chunk(layout, [&](int64_t entry, int64_t, int64_t at, int64_t count) {
    const float *__restrict mean = lines.at(entry, 0), *__restrict scale = lines.at(entry, 1),
                *__restrict shift = lines.at(entry, 2);
    const float* __restrict from = x + at;
    float* __restrict to = y + at;
    const auto normed = [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
      return (get(from + at, zero) - get(mean + i, zero)) * get(scale + i, zero) + get(shift + i, zero);
    };
    if (relu)
      each_line(count, layout.line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        put(to + at, rectified(normed(at, i, zero)));
      });
    else
      each_line(count, layout.line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA { put(to + at, normed(at, i, zero)); });
  });
  return nullptr;
}

// dy, x, means, variances, weight or 0, bias or 0, dx, dweight or 0, dbias or 0, batch, positions, channels, groups, eps,
// relu, whether the statistics are constants
//
// With z = dy, or 0 where relu gave 0, and x' = (x - mean) inverse:
// dx = inverse (w z - mean of w z over the group - x' mean of w z x' over the group).
HG_KERNEL(channel_norm_grad) {
  const float *dy = args.f32(0), *x = args.f32(1);
  float *dx = args.f32(6), *dweight = args.f32(7), *dbias = args.f32(8);
  const Layout layout(args.at(9), args.at(10), args.at(11));
  const Affine affine{args.at(12), args.f32(2), args.f32(3), args.f32(4), args.f32(5), args.number(13)};
  const bool relu = args.flag(14), constants = args.flag(15);
  const int64_t batch = layout.batch, channels = layout.channels, chunks = layout.chunks, line = layout.line;
  if (channels == 0) return nullptr;
  const size_t table = static_cast<size_t>(batch * 5 * line) * sizeof(float);
  const size_t partial = static_cast<size_t>(batch * chunks * 2 * line) * sizeof(float);
  const size_t totals = static_cast<size_t>(batch * channels * 2) * sizeof(double);
  auto* memory = static_cast<uint8_t*>(scratch(0, totals + table + partial));
  if (memory == nullptr) return "out of memory";
  auto* total = reinterpret_cast<double*>(memory);
  const Lines lines{layout, reinterpret_cast<float*>(memory + totals), 5};
  auto* partials = reinterpret_cast<float*>(memory + totals + table);
  set_lines(layout, affine, lines);

  // sums of z and z (x - mean) over positions
  each_chunk(layout, [&](int64_t entry, int64_t chunk, int64_t at, int64_t count) {
    const float *__restrict mean = lines.at(entry, 0), *__restrict scale = lines.at(entry, 1),
                *__restrict shift = lines.at(entry, 2);
    const float *__restrict upstream = dy + at, *__restrict from = x + at;
    float* __restrict sums = partials + (entry * chunks + chunk) * 2 * line;
    float* __restrict products = sums + line;
    for (int64_t i = 0; i < line; i++) sums[i] = products[i] = 0;
    const auto add = [=](int64_t i, auto z, auto d) HG_LAMBDA {
      put(sums + i, get(sums + i, z) + z);
      put(products + i, get(products + i, z) + z * d);
    };
    if (relu)
      each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        const auto d = get(from + at, zero) - get(mean + i, zero);
        add(i, where_positive(d * get(scale + i, zero) + get(shift + i, zero), get(upstream + at, zero)), d);
      });
    else
      each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        add(i, get(upstream + at, zero), get(from + at, zero) - get(mean + i, zero));
      });
    fold(sums, layout);
    fold(products, layout);
  });
  double *sum_of_z = total, *sum_of_products = total + batch * channels;
  each_column(layout, [&](int64_t entry, int64_t first, int64_t columns) {
    double sums[kColumns] = {}, products[kColumns] = {};
    const float* own = partials + entry * chunks * 2 * line + first;
    for (int64_t chunk = 0; chunk < chunks; chunk++, own += 2 * line)
      for (int64_t c = 0; c < columns; c++) {
        sums[c] += own[c];
        products[c] += own[line + c];
      }
    for (int64_t c = 0; c < columns; c++) {
      const int64_t at = entry * channels + first + c;
      sum_of_z[at] = sums[c];
      // for x' in place of x - mean; without positions the variance is NaN
      sum_of_products[at] = chunks == 0 ? 0 : products[c] * affine.inverse(at / (channels / affine.groups));
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0, product = 0;
    for (int64_t entry = 0; entry < batch; entry++) {
      sum += sum_of_z[entry * channels + c];
      product += sum_of_products[entry * channels + c];
    }
    if (dbias != nullptr) dbias[c] = static_cast<float>(sum);
    if (dweight != nullptr) dweight[c] = static_cast<float>(product);
  }

  // dx = z scale + (x - mean) slope + offset
  const int64_t size = channels / affine.groups;
  const double count = static_cast<double>(layout.positions) * static_cast<double>(size);
  for (int64_t group = 0; group < batch * affine.groups && !constants; group++) {
    double mean = 0, projection = 0;
    const int64_t entry = group / affine.groups, first = group % affine.groups * size;
    for (int64_t c = first; c < first + size; c++) {
      const double w = affine.weight == nullptr ? 1 : affine.weight[c];
      mean += w * sum_of_z[entry * channels + c];
      projection += w * sum_of_products[entry * channels + c];
    }
    const double inverse = affine.inverse(group);
    float *slope = lines.at(entry, 3), *offset = lines.at(entry, 4);
    for (int64_t c = first; c < first + size; c++) {
      slope[c] = static_cast<float>(-inverse * inverse * projection / count);
      offset[c] = static_cast<float>(-inverse * mean / count);
    }
  }
  for (int64_t entry = 0; entry < batch && !constants; entry++) {
    repeat(lines.at(entry, 3), layout);
    repeat(lines.at(entry, 4), layout);
  }
  each_chunk(layout, [&](int64_t entry, int64_t, int64_t at, int64_t count) {
    const float *__restrict mean = lines.at(entry, 0), *__restrict scale = lines.at(entry, 1),
                *__restrict shift = lines.at(entry, 2), *__restrict slope = lines.at(entry, 3),
                *__restrict offset = lines.at(entry, 4);
    const float *__restrict upstream = dy + at, *__restrict from = x + at;
    float* __restrict to = dx + at;
    const auto centred = [=](int64_t at, int64_t i, auto zero) HG_LAMBDA { return get(from + at, zero) - get(mean + i, zero); };
    const auto passed = [=](int64_t at, int64_t i, auto d) HG_LAMBDA {
      return where_positive(d * get(scale + i, d) + get(shift + i, d), get(upstream + at, d));
    };
    const auto across = [=](int64_t i, auto d) HG_LAMBDA { return d * get(slope + i, d) + get(offset + i, d); };
    if (constants && relu)
      each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        put(to + at, passed(at, i, centred(at, i, zero)) * get(scale + i, zero));
      });
    else if (constants)
      each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        put(to + at, get(upstream + at, zero) * get(scale + i, zero));
      });
    else if (relu)
      each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        const auto d = centred(at, i, zero);
        put(to + at, passed(at, i, d) * get(scale + i, zero) + across(i, d));
      });
    else
      each_line(count, line, [=](int64_t at, int64_t i, auto zero) HG_LAMBDA {
        put(to + at, get(upstream + at, zero) * get(scale + i, zero) + across(i, centred(at, i, zero)));
      });
  });
  return nullptr;
}

HG_END
