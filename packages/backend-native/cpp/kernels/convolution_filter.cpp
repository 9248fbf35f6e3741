// Gradients of a convolution's filter and bias.
#include "../convolution/sweep.h"

HG_BEGIN

// dy of a region, one panel after the other: [position][vectors * HG_LANES], zeros where there is no column.
void pack_gradient(const float* dy, const Sweep& sweep, const Region& region, int64_t pixel, const Panels& panels, int64_t begin,
                   int64_t end, float* to) {
  const Axis* axis = sweep.axis;
  for (int64_t panel = begin; panel < end; panel++) {
    const int64_t width = panels.vectors(panel) * HG_LANES, columns = panels.width(panel);
    for (int64_t line = 0; line < region.lines; line++) {
      const float* from = dy + (((region.image * axis[0].count + region.plane) * axis[1].count + region.line + line) * axis[2].count +
                                region.column) * pixel + panels.first(panel);
      if (columns == kTileColumns) {
        for (int64_t c = 0; c < region.columns; c++, from += pixel, to += width)
          for (int v = 0; v < kTileVectors; v++) store(to + v * HG_LANES, load(from + v * HG_LANES));
      } else {
        for (int64_t c = 0; c < region.columns; c++, from += pixel, to += width) {
          for (int64_t o = 0; o < columns; o++) to[o] = from[o];
          for (int64_t o = columns; o < width; o++) to[o] = 0;
        }
      }
    }
  }
}

// Adds up the positions of a packed panel: sums[column] (+)= …
void add_positions(const float* packed, int64_t positions, int64_t columns, int64_t width, bool accumulate, float* sums) {
  for (int64_t first = 0; first < width; first += HG_LANES) {
    Floats parts[4] = {};
    int64_t p = 0;
    for (; p + 4 <= positions; p += 4)
      for (int i = 0; i < 4; i++) parts[i] += load(packed + (p + i) * width + first);
    for (; p < positions; p++) parts[0] += load(packed + p * width + first);
    const Floats sum = (parts[0] + parts[1]) + (parts[2] + parts[3]);
    const int64_t left = columns - first;
    if (left > 0) store_part(sums + first, accumulate ? load_part(sums + first, left) + sum : sum, left);
  }
}

// x, dy, dfilter [kernel, channels in / groups, channels out], dbias (0: none), layer
HG_KERNEL(convolution_filter_gradient) {
  const Layer layer = layer_at(args, 4);
  const float *x = args.f32(0), *dy = args.f32(1);
  float *to = args.f32(2), *bias = args.f32(3);
  const int64_t in = layer.in_of_group(), out = layer.out_of_group();
  Sweep sweep{x, layer.batch, layer.groups, in, layer.channels_in, {}};
  for (int a = 0; a < 3; a++) sweep.axis[a] = forward_axis(layer.axis[a]);
  flatten(sweep);
  const int64_t rows = layer.taps() * in, size = rows * layer.channels_out;
  const Panels panels = panels_for(out);
  const Regions regions = Regions::of(sweep, 224, 1);
  if (regions.count == 0 || size == 0) {
    memset(to, 0, static_cast<size_t>(size) * 4);
    if (bias != nullptr && regions.count == 0) memset(bias, 0, static_cast<size_t>(layer.channels_out) * 4);
    if (bias == nullptr || regions.count * out == 0) return nullptr;
  }

  // Positions are cut into parts, each with sums of its own, as many as memory and the number of other chunks allow.
  const int64_t partial = size + layer.channels_out + 16;
  int64_t parts = larger<int64_t>(1, smaller<int64_t>(parts_of(32, layer.groups), (16 << 20) / (partial * 4)));
  parts = smaller(parts, regions.count);
  const int64_t regions_of_part = parts_of(regions.count, parts);
  parts = parts_of(regions.count, regions_of_part);
  const int64_t shares = smaller(panels.count, parts_of(32, parts * layer.groups));
  const int64_t panels_of_share = parts_of(panels.count, shares);
  const int64_t share_count = parts_of(panels.count, panels_of_share);
  float* partials = nullptr;
  if (parts > 1) {
    partials = static_cast<float*>(scratch(0, static_cast<size_t>(parts * partial) * 4));
    if (partials == nullptr) return kNoMemory;
  }
  const bool joined = Lines::contiguous(sweep);
  const Axis& columns = sweep.axis[2];
  const int64_t inner = joined ? 1 : columns.taps, height = in * (joined ? columns.taps : 1);

  bool failed = false;
  parallel(parts * layer.groups * share_count, [&](int64_t chunk) {
    const int64_t begin = chunk % share_count * panels_of_share, end = smaller(panels.count, begin + panels_of_share);
    const int64_t group = chunk / share_count % layer.groups, part = chunk / share_count / layer.groups;
    float* sums = partials == nullptr ? to : partials + part * partial;
    float* bias_sums = bias == nullptr ? nullptr : partials == nullptr ? bias : sums + size;
    const int64_t last = smaller(regions.count, (part + 1) * regions_of_part);
    for (int64_t r = part * regions_of_part; r < last; r++) {
      const Region region = regions.at(r);
      const bool accumulate = r > part * regions_of_part;
      const int64_t positions = region.lines * region.columns;
      Lines lines;
      const int64_t share_width = panels.before(end) - panels.before(begin);
      float* packed = static_cast<float*>(scratch(3, static_cast<size_t>(positions * share_width) * 4));
      Run* runs = static_cast<Run*>(scratch(4, static_cast<size_t>(region.lines) * sizeof(Run)));
      if (packed == nullptr || runs == nullptr || !lines.find(sweep, region, group)) {
        __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
        return;
      }
      pack_gradient(dy + group * out, sweep, region, layer.channels_out, panels, begin, end, packed);
      for (int64_t panel = begin; panel < end; panel++) {
        const float* b = packed + positions * (panels.before(panel) - panels.before(begin));
        const int64_t at = group * out + panels.first(panel), width = panels.width(panel), vectors = panels.vectors(panel);
        if (bias_sums != nullptr) add_positions(b, positions, width, vectors * HG_LANES, accumulate, bias_sums + at);
        for (int64_t tap = 0; tap < lines.outer() * inner; tap++) {
          const int64_t outer = tap / inner, j = tap % inner;
          int64_t count = 0;
          for (int64_t line = 0; line < region.lines; line++) {
            const float* from = lines.at(outer, line);
            if (from != nullptr) runs[count++] = {from + j * lines.tap(), line * region.columns};
          }
          if (count == 0 && accumulate) continue;
          const Runs all{runs, count, region.columns, lines.stride()};
          float* c = sums + (outer * columns.taps + j) * in * layer.channels_out + at;
          even_tiles(height, [&](int64_t first, int64_t tile_rows) {
            run_tile_for<Form::kProduct>(tile_rows, vectors)(all, first, b, c + first * layer.channels_out, layer.channels_out,
                                                             width, accumulate, nullptr);
          });
        }
      }
    }
  });
  if (failed) return kNoMemory;
  if (partials == nullptr) return nullptr;
  const int64_t total = size + (bias == nullptr ? 0 : layer.channels_out);
  parallel_ranges(total, 8192, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += 1024) {
      const int64_t stop = smaller(end, i + 1024);
      float sums[1024];
      for (int64_t k = i; k < stop; k++) sums[k - i] = partials[k];
      for (int64_t p = 1; p < parts; p++)
        for (int64_t k = i; k < stop; k++) sums[k - i] += partials[p * partial + k];
      for (int64_t k = i; k < stop; k++) (k < size ? to[k] : bias[k - size]) = sums[k - i];
    }
  });
  return nullptr;
}

HG_END
