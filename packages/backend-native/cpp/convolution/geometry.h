// How a filter sweeps over a picture, axis by axis: planes, lines and columns. A picture without planes or lines has one.
#pragma once
#include "../simd/simd.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Position q = 0 … count - 1 reads elements start + q * stride + j * step, j = 0 … taps - 1, of the `in` elements there are
// (zeros beyond them), times the filter's tap first + j * jump, and is written to element to + q * pace of `out`.
struct Axis {
  int64_t in, out, count, start, stride, taps, step, first, jump, to, pace;
};

// A convolution as the layer describes it, along one axis.
struct LayerAxis {
  int64_t in, out, kernel, stride, dilation, before;
};

struct Layer {
  int64_t batch, groups, channels_in, channels_out;
  LayerAxis axis[3];
  HG_INLINE int64_t in_of_group() const { return channels_in / groups; }
  HG_INLINE int64_t out_of_group() const { return channels_out / groups; }
  HG_INLINE int64_t taps() const { return axis[0].kernel * axis[1].kernel * axis[2].kernel; }
};

// How many arguments a layer takes: batch, groups, channels in and out, then for planes, lines and columns each:
// elements in, elements out, kernel, stride, dilation, padding before.
constexpr int kLayerArguments = 22;

HG_INLINE Layer layer_at(const Arguments& args, int first) {
  Layer layer{args.at(first), args.at(first + 1), args.at(first + 2), args.at(first + 3), {}};
  for (int a = 0; a < 3; a++) {
    const int i = first + 4 + 6 * a;
    layer.axis[a] = {args.at(i), args.at(i + 1), args.at(i + 2), args.at(i + 3), args.at(i + 4), args.at(i + 5)};
  }
  return layer;
}

HG_INLINE Axis forward_axis(const LayerAxis& a) {
  return {a.in, a.out, a.out, -a.before, a.stride, a.kernel, a.dilation, 0, 1, 0, 1};
}

// How many parts of `size` are needed for `count`.
HG_INLINE int64_t parts_of(int64_t count, int64_t size) { return (count + size - 1) / size; }

HG_INLINE int64_t greatest_common_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// The input gradient at input elements phase, phase + stride, …: a sweep of stride 1 over dy. Element u of the padded input
// gets dy[o] w[t] for u = o * stride + t * dilation; for one residue of u these are every (stride / gcd)th tap, and with t
// falling o rises. No taps: zeros.
HG_INLINE Axis gradient_axis(const LayerAxis& a, int64_t phase) {
  const int64_t divisor = greatest_common_divisor(a.stride, a.dilation);
  const int64_t padded = phase + a.before;
  Axis axis{a.out, a.in, 0, 0, 1, 0, a.dilation / divisor, 0, -(a.stride / divisor), phase, a.stride};
  axis.count = phase < a.in ? (a.in - phase + a.stride - 1) / a.stride : 0;
  for (int64_t t = 0; t < a.kernel; t++) {
    if ((padded - t * a.dilation) % a.stride != 0) continue;
    axis.taps++;
    axis.first = t;
  }
  if (axis.taps > 0) axis.start = (padded - axis.first * a.dilation) / a.stride;
  return axis;
}

// A sweep over pictures [batch, in0, in1, in2, pixel] of which each group has `channels` of a pixel's numbers.
struct Sweep {
  const float* from;
  int64_t batch, groups, channels, pixel;
  Axis axis[3];
};

HG_INLINE int64_t positions_of(const Sweep& sweep) {
  return sweep.batch * sweep.axis[0].count * sweep.axis[1].count * sweep.axis[2].count;
}

// Filters of one element without stride or padding do not see where lines end: pictures become one long line.
HG_INLINE void flatten(Sweep& sweep) {
  for (const Axis& a : sweep.axis)
    if (a.taps != 1 || a.start != 0 || a.stride != 1 || a.pace != 1 || a.to != 0 || a.in != a.count || a.out != a.count) return;
  const int64_t count = positions_of(sweep);
  for (Axis& a : sweep.axis) a.in = a.out = a.count = 1;
  sweep.batch = 1;
  Axis& columns = sweep.axis[2];
  columns.in = columns.out = columns.count = count;
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
