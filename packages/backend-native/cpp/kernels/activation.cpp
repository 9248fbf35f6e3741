// Activation functions that TFJS composes of several passes: each one's value, and its gradient, in one.
#include "../simd/loops.h"
#include "../simd/math.h"

HG_BEGIN

// Each says its value and its slope; the numbers are those of `parameters`.

// x sigmoid(scale x)
struct Gated {
  float scale;
  template <typename V>
  HG_INLINE V value(V x) const {
    return x * sigmoid(V(x * scale));
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    const V u = x * scale, s = sigmoid(u);
    return s * (u * (1.0f - s) + 1.0f);
  }
};

// x times the normal distribution function
struct Gelu {
  // The distribution function, and exp(-x²/2), which it takes besides a polynomial (a minimax fit, relative error 4e-7): the
  // upper tail at |x| is exp(-x²/2) times a function of t = 1 / (1 + 0.3 |x|).
  template <typename V>
  HG_INLINE V distribution(V x, V* density) const {
    const V t = 1.0f / (abs(x) * 0.3f + 1.0f);
    V q = constant<V>(0.0356748067f);
    q = q * t - 0.157203197f;
    q = q * t + 0.206353664f;
    q = q * t - 0.0536837615f;
    q = q * t + 0.128561676f;
    q = q * t + 0.0999135077f;
    q = q * t + 0.120753959f;
    q = q * t + 0.119629301f;
    *density = exp(V(x * x * -0.5f));
    const V tail = *density * (q * t);
    return select(x < 0.0f, tail, V(1.0f - tail));
  }
  template <typename V>
  HG_INLINE V value(V x) const {
    V density;
    return x * distribution(x, &density);
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    V density;
    const V below = distribution(x, &density);
    return below + x * density * 0.398942280401432678f;
  }
};

// x sigmoid(a x + b x³)
struct GeluTanh {
  static constexpr float a = 1.59576912160573071f, b = 0.0713548162726002577f;
  template <typename V>
  HG_INLINE V value(V x) const {
    return x * sigmoid(V(x * (x * x * b + a)));
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    const V square = x * x, s = sigmoid(V(x * (square * b + a)));
    return s * (x * (1.0f - s) * (square * (3 * b) + a) + 1.0f);
  }
};

// x tanh(softplus(x)); with q = sigmoid(-x) the factor is sigmoid(x) (1 + q) / (1 + q²)
struct Mish {
  template <typename V>
  HG_INLINE V factor(V x, V* s) const {
    const V e = exp(V(-abs(x)));
    const V near = 1.0f / (1.0f + e), far = e * near;
    const V q = select(x < 0.0f, near, far);
    *s = select(x < 0.0f, far, near);
    return *s * (q + 1.0f) / (q * q + 1.0f);
  }
  template <typename V>
  HG_INLINE V value(V x) const {
    V s;
    return x * factor(x, &s);
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    V s;
    const V t = factor(x, &s);
    return t + x * s * (1.0f - t * t);
  }
};

// x times (x + 3) / 6 held between 0 and 1
struct Hardswish {
  template <typename V>
  HG_INLINE V value(V x) const {
    // the factor first: x alone may be as large as floats go
    return x * (minimum(maximum(V(x + 3.0f), V{}), constant<V>(6.0f)) * (1.0f / 6));
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    const V inside = x * (1.0f / 3) + 0.5f;
    return select(x >= 3.0f, constant<V>(1.0f), V(select(x <= -3.0f, V{}, inside)));
  }
};

// log(1 + exp(beta x)) / beta, and x where beta x exceeds the threshold
struct Softplus {
  float beta, threshold;
  template <typename V>
  HG_INLINE V value(V x) const {
    const V u = x * beta;
    return select(u > threshold, x, V(softplus(u) / beta));
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    const V u = x * beta;
    return select(u > threshold, constant<V>(1.0f), sigmoid(u));
  }
};

// x, times `rate` below 0
struct Leaky {
  float rate;
  template <typename V>
  HG_INLINE V value(V x) const {
    return select(x > 0.0f, x, V(x * rate));
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    return select(x > 0.0f, constant<V>(1.0f), V(select(x == x, constant<V>(rate), x)));
  }
};

// scale x, below 0 scale alpha (exp(rate x) - 1)
struct Exponential {
  float alpha, scale, rate;
  template <typename V>
  HG_INLINE V value(V x) const {
    return select(x > 0.0f, V(x * scale), V(expm1(V(x * rate)) * (scale * alpha)));
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    return select(x > 0.0f, constant<V>(scale), V(exp(V(x * rate)) * (scale * alpha * rate)));
  }
};

// max(x, 0)²
struct SquaredRelu {
  template <typename V>
  HG_INLINE V value(V x) const {
    const V positive = maximum(x, V{});
    return positive * positive;
  }
  template <typename V>
  HG_INLINE V slope(V x) const {
    return maximum(x, V{}) * 2.0f;
  }
};

// body(function) for the function of this number; false for one that there is not. The numbers are those of
// activations.ts.
template <typename Body>
HG_INLINE bool with_activation(int64_t kind, const Arguments& args, int at, Body body) {
  const auto p = [&](int i) { return static_cast<float>(args.number(at + i)); };
  switch (kind) {
    case 0: body(Gated{p(0)}); return true;
    case 1: body(Gelu{}); return true;
    case 2: body(GeluTanh{}); return true;
    case 3: body(Mish{}); return true;
    case 4: body(Hardswish{}); return true;
    case 5: body(Softplus{p(0), p(1)}); return true;
    case 6: body(Leaky{p(0)}); return true;
    case 7: body(Exponential{p(0), p(1), p(2)}); return true;
    case 8: body(SquaredRelu{}); return true;
    default: return false;
  }
}

constexpr int64_t kGrain = 1 << 13;

// y, x, count, kind, its parameters
HG_KERNEL(activation) {
  float* y = args.f32(0);
  const float* x = args.f32(1);
  const bool known = with_activation(args.at(3), args, 4, [&](auto f) {
    parallel_ranges(args.at(2), kGrain, [=](int64_t begin, int64_t end) {
      map(y + begin, x + begin, end - begin, [=](Floats v) HG_LAMBDA { return f.value(v); });
    });
  });
  return known ? nullptr : "activation: there is none of this number";
}

// dx, dy, x, count, kind, its parameters
HG_KERNEL(activation_grad) {
  float* dx = args.f32(0);
  const float *dy = args.f32(1), *x = args.f32(2);
  const bool known = with_activation(args.at(4), args, 5, [&](auto f) {
    parallel_ranges(args.at(3), kGrain, [=](int64_t begin, int64_t end) {
      map(dx + begin, dy + begin, x + begin, end - begin, [=](Floats d, Floats v) HG_LAMBDA { return d * f.slope(v); });
    });
  });
  return known ? nullptr : "activation: there is none of this number";
}

HG_END
