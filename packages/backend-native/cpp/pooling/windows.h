// Windows of pooling along three axes (depth, height, width); fewer axes have windows of one element in the first ones.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// One axis: window o reads o·stride - before + t·dilation for t < size, as far as that lies in the input. A stride of 0 means
// windows that cover the axis evenly: from ⌊o·input / output⌋ up to ⌈(o + 1)·input / output⌉. No window is empty.
struct PoolAxis {
  int64_t input, output, size, stride, before, dilation;

  HG_INLINE int64_t origin(int64_t o) const { return o * stride - before; }
  HG_INLINE int64_t start(int64_t o) const {
    if (stride == 0) return o * input / output;
    const int64_t first = origin(o);
    return first >= 0 ? first : first + (-first + dilation - 1) / dilation * dilation;
  }
  HG_INLINE int64_t stop(int64_t o) const {
    if (stride == 0) return ((o + 1) * input + output - 1) / output;
    return smaller(input, origin(o) + (size - 1) * dilation + 1);
  }
  // Whether no element lies in two windows.
  HG_INLINE bool disjoint() const {
    return stride == 0 ? input % output == 0 : stride > (size - 1) * dilation || output == 1;
  }
  // Whether every element lies in a window.
  HG_INLINE bool covering() const {
    return stride == 0 || (dilation == 1 && stride <= size && stop(output - 1) == input);
  }
};

struct Pool {
  int64_t batch, channels;
  PoolAxis depth, height, width;

  // From the arguments at `i`: batch, channels, and of each axis input, output, size, stride, before, dilation.
  static HG_INLINE Pool read(const Arguments& args, int i) {
    const auto axis = [&](int at) {
      return PoolAxis{args.at(at), args.at(at + 1), args.at(at + 2), args.at(at + 3), args.at(at + 4), args.at(at + 5)};
    };
    return Pool{args.at(i), args.at(i + 1), axis(i + 2), axis(i + 8), axis(i + 14)};
  }
  HG_INLINE bool empty() const {
    return batch * channels * depth.output * height.output * width.output == 0;
  }
  HG_INLINE int64_t plane() const { return depth.input * height.input * width.input; }
};

// How many elements lie between the windows' first and last along an axis, at most.
HG_INLINE int64_t longest(const PoolAxis& axis) {
  int64_t most = 1;
  for (int64_t o = 0; o < axis.output; o++) most = larger(most, axis.stop(o) - axis.start(o));
  return most;
}

// The elements of one window, counted from its first one.
struct Taps {
  int64_t* offsets;
  int64_t count = 0;
  int64_t spans[3] = {-1, -1, -1};

  HG_INLINE void fit(const Pool& pool, int64_t deep, int64_t tall, int64_t wide) {
    if (deep == spans[0] && tall == spans[1] && wide == spans[2]) return;
    spans[0] = deep, spans[1] = tall, spans[2] = wide;
    count = 0;
    for (int64_t d = 0; d < deep; d += pool.depth.dilation)
      for (int64_t h = 0; h < tall; h += pool.height.dilation)
        for (int64_t w = 0; w < wide; w += pool.width.dilation)
          offsets[count++] = ((d * pool.height.input + h) * pool.width.input + w) * pool.channels;
  }
};

}  // namespace HG_NAMESPACE
}  // namespace hourglass
