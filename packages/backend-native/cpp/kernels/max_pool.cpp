// Maxima over windows of [batch, depth, height, width, channels] and their gradient. Of equal maxima the first one in memory
// counts, and NaN is larger than everything, as in PyTorch.
#include "../pooling/windows.h"

HG_BEGIN

HG_INLINE Floats larger_or_nan(Floats most, Floats value) {
  return (value > most) | (value != value) ? value : most;
}
HG_INLINE float larger_or_nan(float most, float value) {
  return value > most || value != value ? value : most;
}
HG_INLINE Floats load_as(const float* from, Floats*) { return load(from); }
HG_INLINE float load_as(const float* from, float*) { return *from; }
HG_INLINE void store_as(float* to, Floats value) { store(to, value); }
HG_INLINE void store_as(float* to, float value) { *to = value; }

// N vectors of channels.
template <typename V, int N>
HG_INLINE void maxima(const float* x, const Taps& taps, float* y) {
  const int step = sizeof(V) / sizeof(float);
  V most[N];
  for (int i = 0; i < N; i++) most[i] = load_as(x + i * step, static_cast<V*>(nullptr));
  for (int64_t t = 1; t < taps.count; t++) {
    const float* from = x + taps.offsets[t];
    for (int i = 0; i < N; i++) most[i] = larger_or_nan(most[i], load_as(from + i * step, static_cast<V*>(nullptr)));
  }
  for (int i = 0; i < N; i++) store_as(y + i * step, most[i]);
}

// Which tap of the window has the first maximum.
HG_INLINE Ints first_maximum(const float* x, const Taps& taps, Floats*) {
  Floats most = load(x);
  Ints at = {};
  for (int64_t t = 1; t < taps.count; t++) {
    const Floats value = load(x + taps.offsets[t]);
    // larger or NaN, but not after a NaN
    const Ints take = ~(value <= most) & (most == most);
    most = take ? value : most;
    at = take ? Ints{} + static_cast<int32_t>(t) : at;
  }
  return at;
}
HG_INLINE int32_t first_maximum(const float* x, const Taps& taps, float*) {
  float most = *x;
  int32_t at = 0;
  for (int64_t t = 1; t < taps.count; t++) {
    const float value = x[taps.offsets[t]];
    if (value > most || (value != value && most == most)) {
      most = value;
      at = static_cast<int32_t>(t);
    }
  }
  return at;
}

// The larger the windows and rows, the fewer rows in a chunk; depends on sizes only.
HG_INLINE int64_t rows_of(int64_t numbers_per_row) { return larger<int64_t>(1, (1 << 15) / larger<int64_t>(1, numbers_per_row)); }

HG_INLINE int64_t taps_of(const Pool& pool) {
  return longest(pool.depth) * longest(pool.height) * longest(pool.width);
}

// visit(row, n, od, oh) for rows of the output
template <typename Body>
HG_INLINE const char* each_output_row(const Pool& pool, Body body) {
  const int64_t most = taps_of(pool);
  const int64_t rows = pool.batch * pool.depth.output * pool.height.output;
  volatile bool full = false;
  parallel_ranges(rows, rows_of(pool.width.output * pool.channels), [&](int64_t begin, int64_t end) {
    Taps taps{static_cast<int64_t*>(scratch(1, static_cast<size_t>(most) * 8))};
    if (taps.offsets == nullptr) {
      full = true;
      return;
    }
    for (int64_t row = begin; row < end; row++) {
      const int64_t oh = row % pool.height.output;
      const int64_t od = row / pool.height.output % pool.depth.output;
      const int64_t n = row / pool.height.output / pool.depth.output;
      const int64_t d = pool.depth.start(od), h = pool.height.start(oh);
      for (int64_t ow = 0; ow < pool.width.output; ow++) {
        const int64_t w = pool.width.start(ow);
        taps.fit(pool, pool.depth.stop(od) - d, pool.height.stop(oh) - h, pool.width.stop(ow) - w);
        const int64_t corner = ((n * pool.depth.input + d) * pool.height.input + h) * pool.width.input + w;
        body(corner, row * pool.width.output + ow, taps);
      }
    }
  });
  return full ? "out of memory" : nullptr;
}

// x, y, pool (20 numbers: see Pool::read)
HG_KERNEL(max_pool) {
  const float* x = args.f32(0);
  float* y = args.f32(1);
  const Pool pool = Pool::read(args, 2);
  if (pool.empty()) return nullptr;
  const int64_t channels = pool.channels;
  return each_output_row(pool, [&](int64_t corner, int64_t pixel, const Taps& taps) {
    const float* from = x + corner * channels;
    float* to = y + pixel * channels;
    int64_t c = 0;
    for (; c + 4 * HG_LANES <= channels; c += 4 * HG_LANES) maxima<Floats, 4>(from + c, taps, to + c);
    for (; c + HG_LANES <= channels; c += HG_LANES) maxima<Floats, 1>(from + c, taps, to + c);
    for (; c < channels; c++) maxima<float, 1>(from + c, taps, to + c);
  });
}

// x, places of the maxima (int32), how to count them (0: elements of the picture without channels, 1: with channels,
// 2: with channels and batch), pool
HG_KERNEL(max_pool_places) {
  const float* x = args.f32(0);
  int32_t* places = args.i32(1);
  const int64_t how = args.at(2);
  const Pool pool = Pool::read(args, 3);
  if (pool.empty()) return nullptr;
  const int64_t channels = pool.channels;
  return each_output_row(pool, [&](int64_t corner, int64_t pixel, const Taps& taps) {
    const int64_t within = how == 2 ? corner : corner % pool.plane();
    for (int64_t c = 0; c < channels; c++) {
      const int32_t tap = first_maximum(x + corner * channels + c, taps, static_cast<float*>(nullptr));
      const int64_t place = within * channels + taps.offsets[tap];
      places[pixel * channels + c] = static_cast<int32_t>(how == 0 ? place / channels : place + c);
    }
  });
}

// dy, x, dx, pool. Each chunk writes its own rows of dx; windows that reach into several are looked at in each.
HG_KERNEL(max_pool_gradient) {
  const float* dy = args.f32(0);
  const float* x = args.f32(1);
  float* dx = args.f32(2);
  const Pool pool = Pool::read(args, 3);
  const PoolAxis &deep = pool.depth, &tall = pool.height, &wide = pool.width;
  const int64_t channels = pool.channels;
  const int64_t row_size = wide.input * channels;
  if (pool.batch * pool.plane() * channels == 0) return nullptr;
  if (pool.empty()) {
    memset(dx, 0, static_cast<size_t>(pool.batch * pool.plane() * channels) * 4);
    return nullptr;
  }
  const bool alone = deep.disjoint() && tall.disjoint() && wide.disjoint();
  const bool covered = deep.covering() && tall.covering() && wide.covering();
  // bands of whole windows where possible, and long against them where they overlap
  const int64_t unit = tall.stride == 0 ? longest(tall) : tall.stride;
  const int64_t wanted = larger(rows_of(row_size), alone ? 1 : 4 * longest(tall));
  const int64_t band = (wanted + unit - 1) / unit * unit;
  const int64_t slab = deep.stride == 0 ? longest(deep) : deep.stride;
  const int64_t bands = (tall.input + band - 1) / band, slabs = (deep.input + slab - 1) / slab;
  const int64_t most = taps_of(pool);
  volatile bool full = false;
  parallel(pool.batch * slabs * bands, [&](int64_t chunk) {
    Taps taps{static_cast<int64_t*>(scratch(1, static_cast<size_t>(most) * 8))};
    uint8_t* mine = static_cast<uint8_t*>(scratch(2, static_cast<size_t>(most)));
    if (taps.offsets == nullptr || mine == nullptr) {
      full = true;
      return;
    }
    const int64_t n = chunk / bands / slabs;
    const int64_t d0 = chunk / bands % slabs * slab, d1 = smaller(d0 + slab, deep.input);
    const int64_t h0 = chunk % bands * band, h1 = smaller(h0 + band, tall.input);
    if (!(alone && covered))
      for (int64_t d = d0; d < d1; d++)
        memset(dx + ((n * deep.input + d) * tall.input + h0) * row_size, 0, static_cast<size_t>((h1 - h0) * row_size) * 4);
    for (int64_t od = 0; od < deep.output; od++) {
      const int64_t d = deep.start(od), d_stop = deep.stop(od);
      if (d_stop <= d0 || d >= d1) continue;
      for (int64_t oh = 0; oh < tall.output; oh++) {
        const int64_t h = tall.start(oh), h_stop = tall.stop(oh);
        if (h_stop <= h0 || h >= h1) continue;
        const bool whole = d >= d0 && d_stop <= d1 && h >= h0 && h_stop <= h1;
        for (int64_t ow = 0; ow < wide.output; ow++) {
          const int64_t w = wide.start(ow);
          taps.fit(pool, d_stop - d, h_stop - h, wide.stop(ow) - w);
          if (!whole) {
            int64_t t = 0;
            for (int64_t i = d; i < d_stop; i += deep.dilation)
              for (int64_t j = h; j < h_stop; j += tall.dilation)
                for (int64_t k = w; k < wide.stop(ow); k += wide.dilation)
                  mine[t++] = i >= d0 && i < d1 && j >= h0 && j < h1;
          }
          const int64_t corner = (((n * deep.input + d) * tall.input + h) * wide.input + w) * channels;
          const float* gradient = dy + (((n * deep.output + od) * tall.output + oh) * wide.output + ow) * channels;
          int64_t c = 0;
          for (; c + HG_LANES <= channels; c += HG_LANES) {
            const Ints at = first_maximum(x + corner + c, taps, static_cast<Floats*>(nullptr));
            const Floats value = load(gradient + c);
            float* to = dx + corner + c;
            for (int64_t t = 0; t < taps.count; t++) {
              if (!whole && !mine[t]) continue;
              const Floats share = at == static_cast<int32_t>(t) ? value : Floats{};
              store(to + taps.offsets[t], alone ? share : load(to + taps.offsets[t]) + share);
            }
          }
          for (; c < channels; c++) {
            const int32_t at = first_maximum(x + corner + c, taps, static_cast<float*>(nullptr));
            float* to = dx + corner + c;
            for (int64_t t = 0; t < taps.count; t++) {
              if (!whole && !mine[t]) continue;
              const float share = at == t ? gradient[c] : 0;
              to[taps.offsets[t]] = alone ? share : to[taps.offsets[t]] + share;
            }
          }
        }
      }
    }
  });
  return full ? "out of memory" : nullptr;
}

HG_END
