// The activation x + sin²(a x) / (b + eps), channels last, and its gradients.
#include "../rows/lines.h"
#include "../simd/trigonometry.h"

HG_BEGIN

// sin² and sin · cos of an angle.
struct Products {
  float square, product;
};

HG_INLINE Products products_of(float x) {
  const Angle angle = angle_of(x);
  const bool odd = angle.quarter & 1;
  const float sine = odd ? angle.cosine : angle.sine;
  const float product = angle.sine * angle.cosine;
  return {sine * sine, odd ? -product : product};
}

// The same for angles that are too large for it, infinite or NaN.
Products far_products_of(float x) {
  const double sine = __builtin_sin(x), cosine = __builtin_cos(x);
  return {static_cast<float>(sine * sine), static_cast<float>(sine * cosine)};
}

HG_INLINE bool is_near(float angle) { return abs(angle) <= kLargestAngle; }

// Numbers that are looked through for large angles at once.
constexpr int64_t kBlock = 1024;

// near(at, i, angle) for the numbers x [count], the i-th of a line of which belong to rate[i], with 0 for angles that are too large, in a
// loop that is vectorised; then far(at, i, angle) for those, which are rare.
template <typename Near, typename Far>
HG_INLINE void each_angle(const float* x, const float* rate, int64_t count, int64_t line, Near near, Far far) {
  for (int64_t first = 0; first < count; first += line) {
    const int64_t length = smaller(line, count - first);
    for (int64_t begin = 0; begin < length; begin += kBlock) {
      const int64_t end = smaller(length, begin + kBlock);
      int32_t large = 0;
#pragma GCC ivdep
      for (int64_t i = begin; i < end; i++) {
        const float angle = x[first + i] * rate[i];
        const bool fits = is_near(angle);
        near(first + i, i, fits ? angle : 0.0f);
        large |= !fits;
      }
      if (large == 0) continue;
      for (int64_t i = begin; i < end; i++) {
        const float angle = x[first + i] * rate[i];
        if (!is_near(angle)) far(first + i, i, angle);
      }
    }
  }
}

// Parameters of `size` 1 or as many as there are channels, each as it is or as its logarithm.
struct Parameter {
  const float* values;
  int64_t size;
  bool logarithmic;
  HG_INLINE float at(int64_t channel) const {
    const float value = values[size == 1 ? 0 : channel];
    return logarithmic ? exp(value) : value;
  }
};

// Lines of a and of 1 / (b + eps).
HG_INLINE void set_lines(const Layout& layout, const Parameter& a, const Parameter& b, float eps, float* rate,
                         float* inverse) {
  for (int64_t c = 0; c < layout.channels; c++) {
    rate[c] = a.at(c);
    inverse[c] = 1.0f / (b.at(c) + eps);
  }
  repeat(rate, layout);
  repeat(inverse, layout);
}

// y, x, alpha, beta (or alpha), positions, channels, sizes of alpha and beta, eps, whether the parameters are logarithms
HG_KERNEL(snake) {
  float* y = args.f32(0);
  const float* x = args.f32(1);
  const Layout layout(1, args.at(4), args.at(5));
  const bool logarithmic = args.flag(9);
  const Parameter a{args.f32(2), args.at(6), logarithmic}, b{args.f32(3), args.at(7), logarithmic};
  const int64_t line = layout.line;
  if (layout.channels == 0) return nullptr;
  float* lines = static_cast<float*>(scratch(0, static_cast<size_t>(2 * line) * 4));
  if (lines == nullptr) return "out of memory";
  set_lines(layout, a, b, static_cast<float>(args.number(8)), lines, lines + line);
  each_chunk(layout, [&](int64_t, int64_t, int64_t at, int64_t count) {
    const float *__restrict rate = lines, *__restrict inverse = lines + line, *__restrict from = x + at;
    float* __restrict to = y + at;
    each_angle(
        from, rate, count, line,
        [=](int64_t at, int64_t i, float angle) HG_LAMBDA { to[at] = from[at] + products_of(angle).square * inverse[i]; },
        [=](int64_t at, int64_t i, float angle) { to[at] = from[at] + far_products_of(angle).square * inverse[i]; });
  });
  return nullptr;
}

// dx, dalpha, dbeta or 0, dy, x, alpha, beta (or alpha), positions, channels, sizes of alpha and beta, eps, whether the parameters are
// logarithms
//
// dx = dy (2 a p / (b + eps) + 1), dalpha = sum of 2 dy x p / (b + eps), dbeta = -sum of dy q / (b + eps)² with q = sin² and
// p = sin cos; where there is no beta, dalpha gets its part too.
HG_KERNEL(snake_grad) {
  float *dx = args.f32(0), *dalpha = args.f32(1), *dbeta = args.f32(2);
  const float *dy = args.f32(3), *x = args.f32(4);
  const Layout layout(1, args.at(7), args.at(8));
  const bool logarithmic = args.flag(12);
  const Parameter a{args.f32(5), args.at(9), logarithmic}, b{args.f32(6), args.at(10), logarithmic};
  const float eps = static_cast<float>(args.number(11));
  const int64_t channels = layout.channels, chunks = layout.chunks, line = layout.line;
  if (channels == 0) {
    if (a.size == 1) *dalpha = 0;
    if (dbeta != nullptr && b.size == 1) *dbeta = 0;
    return nullptr;
  }
  const size_t totals = static_cast<size_t>(2 * channels) * sizeof(double);
  auto* memory = static_cast<uint8_t*>(scratch(0, totals + static_cast<size_t>((chunks + 1) * 2 * line) * 4));
  if (memory == nullptr) return "out of memory";
  auto* total = reinterpret_cast<double*>(memory);
  auto* lines = reinterpret_cast<float*>(memory + totals);
  float* partials = lines + 2 * line;
  set_lines(layout, a, b, eps, lines, lines + line);
  // sums of dy x p and of dy q
  each_chunk(layout, [&](int64_t, int64_t chunk, int64_t at, int64_t count) {
    const float *__restrict rate = lines, *__restrict inverse = lines + line;
    const float *__restrict from = x + at, *__restrict upstream = dy + at;
    float* __restrict to = dx + at;
    float* __restrict products = partials + chunk * 2 * line;
    float* __restrict squares = products + line;
    for (int64_t i = 0; i < line; i++) products[i] = squares[i] = 0;
    const auto add = [=](int64_t at, int64_t i, Products found) HG_LAMBDA {
      const float g = upstream[at];
      to[at] = g * (2.0f * found.product * inverse[i] * rate[i] + 1.0f);
      products[i] += g * found.product * from[at];
      squares[i] += g * found.square;
    };
    // an angle of 0 in place of a large one adds nothing
    each_angle(
        from, rate, count, line,
        [=](int64_t at, int64_t i, float angle) HG_LAMBDA { add(at, i, products_of(angle)); },
        [=](int64_t at, int64_t i, float angle) { add(at, i, far_products_of(angle)); });
    fold(products, layout);
    fold(squares, layout);
  });
  double *sum_of_products = total, *sum_of_squares = total + channels;
  each_column(layout, [&](int64_t, int64_t first, int64_t columns) {
    double products[kColumns] = {}, squares[kColumns] = {};
    const float* own = partials + first;
    for (int64_t chunk = 0; chunk < chunks; chunk++, own += 2 * line)
      for (int64_t c = 0; c < columns; c++) {
        products[c] += own[c];
        squares[c] += own[line + c];
      }
    for (int64_t c = 0; c < columns; c++) {
      sum_of_products[first + c] = products[c];
      sum_of_squares[first + c] = squares[c];
    }
  });
  double shared_alpha = 0, shared_beta = 0;
  for (int64_t c = 0; c < channels; c++) {
    const double inverse = lines[line + c];
    double of_alpha = 2 * inverse * sum_of_products[c];
    double of_beta = -inverse * inverse * sum_of_squares[c];
    if (logarithmic) {
      of_alpha *= lines[c];
      of_beta *= static_cast<double>(b.at(c));
    }
    if (dbeta == nullptr) of_alpha += of_beta;
    shared_alpha += of_alpha;
    shared_beta += of_beta;
    if (a.size != 1) dalpha[c] = static_cast<float>(of_alpha);
    if (dbeta != nullptr && b.size != 1) dbeta[c] = static_cast<float>(of_beta);
  }
  if (a.size == 1) *dalpha = static_cast<float>(shared_alpha);
  if (dbeta != nullptr && b.size == 1) *dbeta = static_cast<float>(shared_beta);
  return nullptr;
}

HG_END
