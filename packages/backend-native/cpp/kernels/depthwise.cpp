// Convolutions in which every channel has filters of its own: output channel o reads input channel floor(o / multiplier).
// There is so little to compute for each number that they run at the speed of memory: nothing is copied, vectors lie along
// the channels, and taps beyond the border are left out.
#include "../convolution/geometry.h"
#include "../linalg/finish.h"

HG_BEGIN

constexpr const char* kNoMemory = "out of memory";

// A line of the picture under a tap of plane and line, and the filter's numbers for the first tap of its columns.
struct Tap {
  const float *from, *filter;
};

struct Taps {
  const Tap* taps;
  int64_t count;
  // along the line: numbers of taps, and distances of picture and filter from one to the next
  int64_t columns, step, jump;
};

// Eight, four, two or one positions of a line, of which all taps are within the picture; `stride` from one to the next.
// TAPS, if not 0, is the number of taps of a line.
template <int POSITIONS, int TAPS>
void multiply_positions(const Taps& all, int64_t at, int64_t stride, int64_t channels, const Finish& finish, float* to,
                        int64_t pace) {
  const bool finishes = finish.bias != nullptr || finish.activation != kNoActivation;
  for (int64_t c = 0; c < channels; c += HG_LANES) {
    int64_t left = channels - c;
    if (left < HG_LANES && channels >= HG_LANES) {
      // the last vector overlaps the one before
      c = channels - HG_LANES;
      left = HG_LANES;
    }
    Floats sums[POSITIONS] = {};
    for (int64_t t = 0; t < all.count; t++) {
      const float* from = all.taps[t].from + at + c;
      const float* filter = all.taps[t].filter + c;
      if (left >= HG_LANES) {
        const int64_t taps = TAPS > 0 ? TAPS : all.columns;
#pragma GCC unroll 5
        for (int64_t j = 0; j < taps; j++, from += all.step, filter += all.jump) {
          const Floats weight = load(filter);
#pragma GCC unroll 8
          for (int p = 0; p < POSITIONS; p++) sums[p] += load(from + p * stride) * weight;
        }
      } else {
        for (int64_t j = 0; j < all.columns; j++, from += all.step, filter += all.jump) {
          const Floats weight = load_part(filter, left);
#pragma GCC unroll 8
          for (int p = 0; p < POSITIONS; p++) sums[p] += load_part(from + p * stride, left) * weight;
        }
      }
    }
    if (finishes) {
      const Floats bias = finish.bias == nullptr ? Floats{} : load_part(finish.bias + c, left);
      const Floats slope = finish.activation == kPrelu ? load_part(finish.slopes + c, left) : splat(finish.slope);
      for (int p = 0; p < POSITIONS; p++) sums[p] = finished(sums[p] + bias, finish.activation, slope);
    }
    for (int p = 0; p < POSITIONS; p++) store_part(to + p * pace + c, sums[p], left);
    if (finishes) finish_rows(to + c, pace, POSITIONS, smaller<int64_t>(left, HG_LANES), &finish);
  }
}

// The positions begin … end - 1 of an axis, all of whose taps are within the picture.
struct Inside {
  int64_t begin, end;
};
HG_INLINE Inside inside(const Axis& a) {
  const int64_t reach = a.start + (a.taps - 1) * a.step;
  Inside range{a.start >= 0 ? 0 : (-a.start + a.stride - 1) / a.stride, 0};
  range.end = a.in - 1 - reach < 0 ? 0 : (a.in - 1 - reach) / a.stride + 1;
  range.begin = smaller(range.begin, a.count);
  range.end = larger(range.begin, smaller(range.end, a.count));
  return range;
}

// Taps low … high - 1 of a position are within the picture.
HG_INLINE void clip(const Axis& a, int64_t position, int64_t& low, int64_t& high) {
  const int64_t begin = a.start + position * a.stride;
  low = begin >= 0 ? 0 : smaller(a.taps, (-begin + a.step - 1) / a.step);
  high = begin >= a.in ? 0 : smaller(a.taps, (a.in - 1 - begin) / a.step + 1);
  if (high < low) high = low;
}

// Positions q … of which all taps are within the picture, eight at a time and what is left; returns how many.
template <int TAPS>
int64_t multiply_inside(const Taps& all, int64_t left, int64_t at, int64_t stride, int64_t channels, const Finish& finish,
                        float* to, int64_t pace) {
  int64_t done = 0;
  for (; done + 8 <= left; done += 8)
    multiply_positions<8, TAPS>(all, at + done * stride, stride, channels, finish, to + done * pace, pace);
  if (done + 4 <= left) {
    multiply_positions<4, TAPS>(all, at + done * stride, stride, channels, finish, to + done * pace, pace);
    done += 4;
  }
  if (done + 2 <= left) {
    multiply_positions<2, TAPS>(all, at + done * stride, stride, channels, finish, to + done * pace, pace);
    done += 2;
  }
  if (done < left) multiply_positions<1, TAPS>(all, at + done * stride, stride, channels, finish, to + done * pace, pace);
  return left;
}

// One line of outputs: positions of the columns' axis.
void sweep_line(const Axis& columns, Taps all, int64_t channels, const Finish& finish, float* to) {
  const int64_t stride = columns.stride * channels, pace = columns.pace * channels;
  const Inside range = inside(columns);
  const int64_t step = all.step, jump = all.jump;
  Tap* taps = const_cast<Tap*>(all.taps);
  for (int64_t q = 0; q < columns.count;) {
    float* out = to + (columns.to + q * columns.pace) * channels;
    const int64_t at = (columns.start + q * columns.stride) * channels;
    if (q == range.begin && q < range.end) {
      all.columns = columns.taps;
      const auto multiply = columns.taps == 3 ? multiply_inside<3> : columns.taps == 5 ? multiply_inside<5> : multiply_inside<0>;
      q += multiply(all, range.end - q, at, stride, channels, finish, out, pace);
      continue;
    }
    int64_t low, high;
    clip(columns, q, low, high);
    all.columns = high - low;
    for (int64_t t = 0; t < all.count; t++) taps[t].filter += low * jump;
    multiply_positions<1, 0>(all, at + low * step, stride, channels, finish, out, pace);
    for (int64_t t = 0; t < all.count; t++) taps[t].filter -= low * jump;
    q++;
  }
}

// Every number of a line `times` times.
void repeat_numbers(const float* from, int64_t count, int64_t times, float* to) {
  for (int64_t i = 0; i < count; i++)
    for (int64_t m = 0; m < times; m++) to[i * times + m] = from[i];
}

// The sum of every `times` neighbours.
void add_neighbours(const float* from, int64_t count, int64_t times, float* to) {
  for (int64_t i = 0; i < count; i++) {
    float sum = 0;
    for (int64_t m = 0; m < times; m++) sum += from[i * times + m];
    to[i] = sum;
  }
}

// Finds the lines under the taps of plane and line; with a multiplier they are copied, each number repeated, into `room`.
int64_t find_taps(const Sweep& sweep, const float* filter, const int64_t (&kernel)[3], int64_t channels, int64_t image,
                  int64_t plane, int64_t line, float* room, Tap* taps) {
  const Axis &planes = sweep.axis[0], &lines = sweep.axis[1], &columns = sweep.axis[2];
  const int64_t multiplier = channels / sweep.channels;
  int64_t count = 0;
  for (int64_t i = 0; i < planes.taps; i++) {
    const int64_t p = planes.start + plane * planes.stride + i * planes.step;
    if (p < 0 || p >= planes.in) continue;
    for (int64_t j = 0; j < lines.taps; j++) {
      const int64_t l = lines.start + line * lines.stride + j * lines.step;
      if (l < 0 || l >= lines.in) continue;
      const float* from = sweep.from + ((image * planes.in + p) * lines.in + l) * columns.in * sweep.channels;
      const int64_t tap = (planes.first + i * planes.jump) * kernel[1] + lines.first + j * lines.jump;
      if (multiplier > 1) {
        float* copy = room + count * columns.in * channels;
        repeat_numbers(from, columns.in * sweep.channels, multiplier, copy);
        from = copy;
      }
      taps[count++] = {from, filter == nullptr ? nullptr : filter + (tap * kernel[2] + columns.first) * channels};
    }
  }
  return count;
}

// Sweeps of `channels` channels over pictures of sweep.channels: the same, or (repeated) a part of it. Written are sums of
// `adds` neighbours.
const char* sweep_depthwise(const Sweep& sweep, const float* filter, const int64_t (&kernel)[3], int64_t channels, int64_t adds,
                            const Finish& finish, float* to) {
  const Axis &planes = sweep.axis[0], &lines = sweep.axis[1], &columns = sweep.axis[2];
  const int64_t all_lines = sweep.batch * planes.count * lines.count;
  if (all_lines * columns.count * channels == 0) return nullptr;
  const int64_t outer = planes.taps * lines.taps * (columns.taps > 0 ? 1 : 0);
  const bool repeats = channels != sweep.channels;
  const int64_t grain = larger<int64_t>(1, 32768 / (columns.count * channels * larger<int64_t>(1, outer) + 1));
  bool failed = false;
  parallel_ranges(all_lines, grain, [&](int64_t begin, int64_t end) {
    Tap* taps = static_cast<Tap*>(scratch(1, static_cast<size_t>(outer + 1) * sizeof(Tap)));
    float* room = repeats ? static_cast<float*>(scratch(2, static_cast<size_t>(outer * columns.in * channels + 16) * 4)) : nullptr;
    float* wide = adds > 1 ? static_cast<float*>(scratch(3, static_cast<size_t>(columns.out * channels + 16) * 4)) : nullptr;
    if (taps == nullptr || (repeats && room == nullptr) || (adds > 1 && wide == nullptr)) {
      __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
      return;
    }
    for (int64_t i = begin; i < end; i++) {
      const int64_t line = i % lines.count, plane = i / lines.count % planes.count, image = i / lines.count / planes.count;
      const int64_t count = outer == 0 ? 0 : find_taps(sweep, filter, kernel, channels, image, plane, line, room, taps);
      const Taps all{taps, count, columns.taps, columns.step * channels, columns.jump * channels};
      float* out = to + (((image * planes.out + planes.to + plane * planes.pace) * lines.out + lines.to + line * lines.pace) *
                         columns.out) * (channels / adds);
      if (adds == 1) {
        sweep_line(columns, all, channels, finish, out);
        continue;
      }
      Finish none;
      sweep_line(columns, all, channels, none, wide);
      for (int64_t q = 0; q < columns.count; q++) {
        const int64_t at = columns.to + q * columns.pace;
        add_neighbours(wide + at * channels, channels / adds, adds, out + at * (channels / adds));
      }
    }
  });
  return failed ? kNoMemory : nullptr;
}

Finish finish_at(const Arguments& args) {
  return {args.f32(2), static_cast<int>(args.at(4)), static_cast<float>(args.number(5)), args.f32(6)};
}

// x, filter [kernel, channels out], bias (0: none), y, activation, its slope, its slopes, layer of as many groups as input
// channels
HG_KERNEL(depthwise_convolution) {
  const Layer layer = layer_at(args, 7);
  Sweep sweep{args.f32(0), layer.batch, 1, layer.channels_in, layer.channels_in, {}};
  int64_t kernel[3];
  for (int a = 0; a < 3; a++) {
    sweep.axis[a] = forward_axis(layer.axis[a]);
    kernel[a] = layer.axis[a].kernel;
  }
  return sweep_depthwise(sweep, args.f32(1), kernel, layer.channels_out, 1, finish_at(args), args.f32(3));
}

// dy, filter [kernel, channels out], bias of dx (0: none), dx, activation, its slope, its slopes, layer as above; a bias or an
// activation needs a multiplier of 1
HG_KERNEL(depthwise_convolution_input_gradient) {
  const Layer layer = layer_at(args, 7);
  int64_t kernel[3];
  for (int a = 0; a < 3; a++) kernel[a] = layer.axis[a].kernel;
  const Finish finish = finish_at(args);
  if (layer.channels_in == 0) return nullptr;
  const int64_t adds = layer.channels_out / layer.channels_in;
  if (adds != 1 && (finish.bias != nullptr || finish.activation != kNoActivation)) return "a bias needs a multiplier of 1";
  for (int64_t i = 0; i < layer.axis[0].stride && i < layer.axis[0].in; i++)
    for (int64_t j = 0; j < layer.axis[1].stride && j < layer.axis[1].in; j++)
      for (int64_t k = 0; k < layer.axis[2].stride && k < layer.axis[2].in; k++) {
        const Sweep sweep{args.f32(0), layer.batch, 1, layer.channels_out, layer.channels_out,
                          {gradient_axis(layer.axis[0], i), gradient_axis(layer.axis[1], j), gradient_axis(layer.axis[2], k)}};
        const char* problem = sweep_depthwise(sweep, args.f32(1), kernel, layer.channels_out, adds, finish, args.f32(3));
        if (problem != nullptr) return problem;
      }
  return nullptr;
}

// Adds one line of outputs to the sums of `COUNT` taps of a line, from number `first` on.
template <int COUNT>
void add_line(const Axis& columns, int64_t first, const float* from, const float* dy, int64_t channels, float* sums) {
  // positions where all of these taps are within the picture; the others are added one tap at a time
  Axis part = columns;
  part.start += first * columns.step;
  part.taps = COUNT;
  const Inside range = inside(part);
  const int64_t stride = columns.stride * channels, step = columns.step * channels;
  for (int64_t c = 0; c < channels; c += HG_LANES) {
    const int64_t left = channels - c;
    Floats all[COUNT];
    for (int j = 0; j < COUNT; j++) all[j] = load_part(sums + (first + j) * channels + c, left);
    const auto at_border = [&](int64_t begin, int64_t end) {
      for (int64_t q = begin; q < end; q++) {
        const Floats gradient = load_part(dy + q * channels + c, left);
        for (int j = 0; j < COUNT; j++) {
          const int64_t column = part.start + q * columns.stride + j * columns.step;
          if (column >= 0 && column < columns.in) all[j] += load_part(from + column * channels + c, left) * gradient;
        }
      }
    };
    at_border(0, range.begin);
    const float* x = from + part.start * channels + c;
    if (left >= HG_LANES) {
      for (int64_t q = range.begin; q < range.end; q++) {
        const Floats gradient = load(dy + q * channels + c);
#pragma GCC unroll 8
        for (int j = 0; j < COUNT; j++) all[j] += load(x + q * stride + j * step) * gradient;
      }
    } else {
      for (int64_t q = range.begin; q < range.end; q++) {
        const Floats gradient = load_part(dy + q * channels + c, left);
        for (int j = 0; j < COUNT; j++) all[j] += load_part(x + q * stride + j * step, left) * gradient;
      }
    }
    at_border(range.end, columns.count);
    for (int j = 0; j < COUNT; j++) store_part(sums + (first + j) * channels + c, all[j], left);
  }
}

// x, dy, dfilter [kernel, channels out], dbias (0: none), layer of as many groups as input channels
HG_KERNEL(depthwise_convolution_filter_gradient) {
  const Layer layer = layer_at(args, 4);
  const float* dy = args.f32(1);
  float *to = args.f32(2), *bias = args.f32(3);
  const int64_t channels = layer.channels_out;
  Sweep sweep{args.f32(0), layer.batch, 1, layer.channels_in, layer.channels_in, {}};
  int64_t kernel[3];
  for (int a = 0; a < 3; a++) {
    sweep.axis[a] = forward_axis(layer.axis[a]);
    kernel[a] = layer.axis[a].kernel;
  }
  const Axis &planes = sweep.axis[0], &lines = sweep.axis[1], &columns = sweep.axis[2];
  const int64_t size = layer.taps() * channels, partial = size + channels + 16;
  const int64_t all_lines = sweep.batch * planes.count * lines.count;
  const bool repeats = channels != sweep.channels;
  const int64_t parts = larger<int64_t>(1, smaller<int64_t>(all_lines, smaller<int64_t>(32, (16 << 20) / (partial * 4))));
  const int64_t lines_of_part = parts_of(all_lines, parts);
  float* partials = static_cast<float*>(scratch(0, static_cast<size_t>(parts * partial) * 4));
  if (partials == nullptr) return kNoMemory;
  const int64_t outer = planes.taps * lines.taps;
  bool failed = false;
  parallel(parts, [&](int64_t part) {
    float* sums = partials + part * partial;
    memset(sums, 0, static_cast<size_t>(partial) * 4);
    Tap* taps = static_cast<Tap*>(scratch(1, static_cast<size_t>(outer + 1) * sizeof(Tap)));
    float* room = repeats ? static_cast<float*>(scratch(2, static_cast<size_t>(outer * columns.in * channels + 16) * 4)) : nullptr;
    if (taps == nullptr || (repeats && room == nullptr)) {
      __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
      return;
    }
    const int64_t end = smaller(all_lines, (part + 1) * lines_of_part);
    for (int64_t i = part * lines_of_part; i < end; i++) {
      const int64_t line = i % lines.count, plane = i / lines.count % planes.count, image = i / lines.count / planes.count;
      const float* gradients = dy + i * columns.count * channels;
      // the sums take the place of the filter
      const int64_t count = find_taps(sweep, sums, kernel, channels, image, plane, line, room, taps);
      for (int64_t t = 0; t < count; t++) {
        float* own = const_cast<float*>(taps[t].filter);
        int64_t j = 0;
        for (; j + 5 <= columns.taps && j + 6 != columns.taps; j += 5) add_line<5>(columns, j, taps[t].from, gradients, channels, own);
        for (; j + 3 <= columns.taps; j += 3) add_line<3>(columns, j, taps[t].from, gradients, channels, own);
        for (; j < columns.taps; j++) add_line<1>(columns, j, taps[t].from, gradients, channels, own);
      }
      if (bias == nullptr) continue;
      float* bias_sums = sums + size;
      for (int64_t q = 0; q < columns.count; q++)
        for (int64_t c = 0; c < channels; c++) bias_sums[c] += gradients[q * channels + c];
    }
  });
  if (failed) return kNoMemory;
  const int64_t total = size + (bias == nullptr ? 0 : channels);
  for (int64_t i = 0; i < total; i++) {
    float sum = partials[i];
    for (int64_t p = 1; p < parts; p++) sum += partials[p * partial + i];
    (i < size ? to[i] : bias[i - size]) = sum;
  }
  return nullptr;
}

HG_END
