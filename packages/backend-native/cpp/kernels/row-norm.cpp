// Layer norm and root-mean-square norm of the rows of x [rows, columns].
#include "../rows/row-sums.h"

HG_BEGIN

// x, weight or 0, bias or 0, y, means, inverses, rows, columns, eps, whether to centre
//
// The means are 0 without centring.
HG_KERNEL(row_norm) {
  const float *x = args.f32(0), *weight = args.f32(1), *bias = args.f32(2);
  float *y = args.f32(3), *means = args.f32(4), *inverses = args.f32(5);
  const int64_t rows = args.at(6), columns = args.at(7);
  const double eps = args.number(8);
  const bool centre = args.flag(9);
  parallel_ranges(rows, larger<int64_t>(1, 16384 / larger<int64_t>(1, columns)), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* from = x + r * columns;
      float* to = y + r * columns;
      double sum = 0;
      if (centre)
        row_sums<1>(
            columns, &sum, [=](int64_t i, Floats* s) { s[0] += load(from + i); }, [=](int64_t i, float* s) { s[0] += from[i]; });
      const float mean = static_cast<float>(sum / static_cast<double>(columns));
      double squares;
      row_sums<1>(
          columns, &squares,
          [=](int64_t i, Floats* s) {
            const Floats d = load(from + i) - mean;
            s[0] += d * d;
          },
          [=](int64_t i, float* s) { s[0] += (from[i] - mean) * (from[i] - mean); });
      const float inverse = static_cast<float>(1 / __builtin_sqrt(squares / static_cast<double>(columns) + eps));
      means[r] = mean;
      inverses[r] = inverse;
      if (weight != nullptr && bias != nullptr)
        for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * inverse * weight[i] + bias[i];
      else if (weight != nullptr)
        for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * inverse * weight[i];
      else if (bias != nullptr)
        for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * inverse + bias[i];
      else
        for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * inverse;
    }
  });
  return nullptr;
}

// dy, x, means, inverses, weight or 0, dx, dweight, dbias, rows, columns, whether it was centred
//
// With x' = (x - mean) inverse and g = w dy: dx = inverse (g - mean of g over the row - x' mean of g x' over the row).
HG_KERNEL(row_norm_grad) {
  const float *dy = args.f32(0), *x = args.f32(1), *means = args.f32(2), *inverses = args.f32(3), *weight = args.f32(4);
  float *dx = args.f32(5), *dweight = args.f32(6), *dbias = args.f32(7);
  const int64_t rows = args.at(8), columns = args.at(9);
  const bool centred = args.flag(10);
  // enough rows that the partial sums of a chunk weigh little beside it
  const int64_t grain = larger<int64_t>(32, 16384 / larger<int64_t>(1, columns));
  const int64_t chunks = (rows + grain - 1) / grain;
  auto* partials = static_cast<float*>(scratch(0, static_cast<size_t>((chunks * 2 + 1) * columns) * sizeof(float)));
  if (partials == nullptr) return "out of memory";
  if (weight == nullptr) {
    float* ones = partials + chunks * 2 * columns;
    for (int64_t i = 0; i < columns; i++) ones[i] = 1;
    weight = ones;
  }
  parallel(chunks, [=](int64_t chunk) {
    float* products = partials + chunk * 2 * columns;
    float* sums = products + columns;
    memset(products, 0, static_cast<size_t>(columns) * 2 * sizeof(float));
    for (int64_t r = chunk * grain; r < smaller(rows, (chunk + 1) * grain); r++) {
      const float *upstream = dy + r * columns, *from = x + r * columns;
      float* to = dx + r * columns;
      const float mean = means[r], inverse = inverses[r];
      double totals[2];
      row_sums<2>(
          columns, totals,
          [=](int64_t i, Floats* s) {
            const Floats g = load(upstream + i) * load(weight + i);
            s[0] += g;
            s[1] += g * ((load(from + i) - mean) * inverse);
          },
          [=](int64_t i, float* s) {
            const float g = upstream[i] * weight[i];
            s[0] += g;
            s[1] += g * ((from[i] - mean) * inverse);
          });
      const float level = centred ? static_cast<float>(totals[0] / static_cast<double>(columns)) : 0;
      const float slope = static_cast<float>(totals[1] / static_cast<double>(columns));
#pragma GCC ivdep
      for (int64_t i = 0; i < columns; i++) {
        const float normed = (from[i] - mean) * inverse, d = upstream[i];
        to[i] = (d * weight[i] - level - normed * slope) * inverse;
        products[i] += d * normed;
        sums[i] += d;
      }
    }
  });
  parallel_ranges(columns, 64, [=](int64_t begin, int64_t end) {
    double product[64] = {}, sum[64] = {};
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const float *products = partials + chunk * 2 * columns + begin, *sums = products + columns;
      for (int64_t i = 0; i < end - begin; i++) {
        product[i] += products[i];
        sum[i] += sums[i];
      }
    }
    for (int64_t i = begin; i < end; i++) {
      dweight[i] = static_cast<float>(product[i - begin]);
      dbias[i] = static_cast<float>(sum[i - begin]);
    }
  });
  return nullptr;
}

HG_END
