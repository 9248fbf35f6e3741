// What may follow a product, beyond what tiles do to their sums: activations with an exponential in them, for rows that
// have just been written.
#pragma once
#include "../simd/math.h"
#include "tile.h"

namespace hourglass {
namespace HG_NAMESPACE {

enum LateActivation { kElu = 5, kSigmoid = 6, kTanh = 7, kGelu = 8, kGeluTanh = 9, kSilu = 10 };

template <typename V>
HG_INLINE V activated(V x, int activation) {
  switch (activation) {
    case kElu: return select(x < 0.0f, expm1(x), x);
    case kSigmoid: return sigmoid(x);
    case kTanh: return tanh(x);
    case kGelu: return 0.5f * x * (1.0f + erf(V(x * 0.707106781f)));
    case kGeluTanh: return 0.5f * x * (1.0f + tanh(V(0.797884561f * (x + 0.044715f * x * x * x))));
    case kSilu: return x * sigmoid(x);
    default: return x;
  }
}

template <int ACTIVATION>
HG_INLINE void activate_rows(float* c, int64_t stride, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++, c += stride)
    for (int64_t j = 0; j < columns; j += HG_LANES) {
      const int64_t left = columns - j;
      store_part(c + j, activated(load_part(c + j, left), ACTIVATION), left);
    }
}

// Does nothing for the activations that tiles do.
inline __attribute__((noinline)) void finish_rows(float* c, int64_t stride, int64_t rows, int64_t columns, const Finish* finish) {
  if (finish == nullptr) return;
  switch (finish->activation) {
    case kElu: return activate_rows<kElu>(c, stride, rows, columns);
    case kSigmoid: return activate_rows<kSigmoid>(c, stride, rows, columns);
    case kTanh: return activate_rows<kTanh>(c, stride, rows, columns);
    case kGelu: return activate_rows<kGelu>(c, stride, rows, columns);
    case kGeluTanh: return activate_rows<kGeluTanh>(c, stride, rows, columns);
    case kSilu: return activate_rows<kSilu>(c, stride, rows, columns);
    default: return;
  }
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
