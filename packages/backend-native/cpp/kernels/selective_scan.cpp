// The selective state space of Mamba: a vector of channels goes through time with all its states in the nearest cache. The
// backward pass walks chunks of time from the last to the first and computes the states of each once more.
#include "../linalg/tile.h"
#include "../simd/lanes.h"
#include "../simd/math.h"

HG_BEGIN

constexpr int kSlotForStates = 2;
constexpr int64_t kMostChunk = 64;

struct Sizes {
  int64_t batch, length, channels, states, groups, chunk;

  Sizes(const Arguments& args, int first)
      : batch(args.at(first)),
        length(args.at(first + 1)),
        channels(args.at(first + 2)),
        states(args.at(first + 3)),
        groups(args.at(first + 4)),
        chunk(args.at(first + 5)) {}

  HG_INLINE int64_t chunks() const { return (length + chunk - 1) / chunk; }
  // Vectors that the channels of a group need.
  HG_INLINE int64_t blocks() const { return (channels / groups + HG_LANES - 1) / HG_LANES; }
  HG_INLINE int64_t element(int64_t b, int64_t t, int64_t channel) const { return (b * length + t) * channels + channel; }
  HG_INLINE int64_t row(int64_t b, int64_t t, int64_t group) const { return ((b * length + t) * groups + group) * states; }
  // Of the state before a chunk, in [B, chunks, N, D].
  HG_INLINE int64_t kept(int64_t b, int64_t number, int64_t n, int64_t channel) const {
    return ((b * chunks() + number) * states + n) * channels + channel;
  }
};

// A vector of channels, all of one group.
struct Block {
  int64_t group, channel, count;

  Block(const Sizes& s, int64_t group, int64_t number) : group(group), channel(group * (s.channels / s.groups) + number * HG_LANES) {
    count = smaller<int64_t>(HG_LANES, s.channels / s.groups - number * HG_LANES);
  }
  HG_INLINE Floats part(const float* from) const { return from == nullptr ? Floats{} : load_part(from + channel, count); }
};

struct Inputs {
  const float *u, *delta, *A, *B, *C, *D, *z, *bias, *initial;
  bool softplus_steps;

  // From the arguments u, delta, A, B, C, D or 0, z or 0, bias or 0, initial state or 0.
  Inputs(const Arguments& args, int first, bool softplus_steps)
      : u(args.f32(first)),
        delta(args.f32(first + 1)),
        A(args.f32(first + 2)),
        B(args.f32(first + 3)),
        C(args.f32(first + 4)),
        D(args.f32(first + 5)),
        z(args.f32(first + 6)),
        bias(args.f32(first + 7)),
        initial(args.f32(first + 8)),
        softplus_steps(softplus_steps) {}

  HG_INLINE Floats step(Floats raw) const { return softplus_steps ? softplus(raw) : raw; }
};

// A [channels, states] for some channels: a vector for each state.
HG_INLINE void columns_of(const float* matrix, const Block& block, int64_t states, Floats* to) {
  for (int64_t n = 0; n < states; n++) {
    float lanes[HG_LANES] = {};
    for (int64_t i = 0; i < block.count; i++) lanes[i] = matrix[(block.channel + i) * states + n];
    to[n] = load(lanes);
  }
}
HG_INLINE void columns_to(float* matrix, const Block& block, int64_t states, const Floats* from) {
  for (int64_t n = 0; n < states; n++)
    for (int64_t i = 0; i < block.count; i++) matrix[(block.channel + i) * states + n] = from[n][i];
}

HG_INLINE Floats* vectors(int slot, int64_t count) {
  return static_cast<Floats*>(scratch(slot, static_cast<size_t>(count) * sizeof(Floats)));
}

// y [B, L, D], state [B, D, N], kept [B, chunks, N, D], the inputs (nine), B, L, D, N, groups, steps of a chunk, whether
// softplus is applied
HG_KERNEL(selective_scan) {
  float *y = args.f32(0), *state = args.f32(1), *kept = args.f32(2);
  const Inputs in(args, 3, args.flag(18));
  const Sizes s(args, 12);
  const int64_t blocks = s.blocks(), each = s.groups * blocks;
  int failed = 0;
  parallel_ranges(s.batch * each, larger<int64_t>(1, 4096 / (s.length * s.states + 1)), [&](int64_t first, int64_t last) {
    Floats* h = vectors(kSlotForStates, 2 * s.states);
    if (h == nullptr) return __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
    Floats* A = h + s.states;
    for (int64_t item = first; item < last; item++) {
      const int64_t b = item / each;
      const Block block(s, item % each / blocks, item % blocks);
      columns_of(in.A, block, s.states, A);
      if (in.initial != nullptr)
        columns_of(in.initial + b * s.channels * s.states, block, s.states, h);
      else
        for (int64_t n = 0; n < s.states; n++) h[n] = Floats{};
      const Floats bias = block.part(in.bias), skip = block.part(in.D);
      for (int64_t t = 0; t < s.length; t++) {
        if (t % s.chunk == 0)
          for (int64_t n = 0; n < s.states; n++)
            store_part(kept + s.kept(b, t / s.chunk, n, block.channel), h[n], block.count);
        const int64_t at = s.element(b, t, block.channel), row = s.row(b, t, block.group);
        const Floats step = in.step(load_part(in.delta + at, block.count) + bias), u = load_part(in.u + at, block.count);
        const Floats added = step * u;
        Floats sum = skip * u;
        for (int64_t n = 0; n < s.states; n++) {
          h[n] = exp(Floats(step * A[n])) * h[n] + added * in.B[row + n];
          sum += h[n] * in.C[row + n];
        }
        if (in.z != nullptr) {
          const Floats z = load_part(in.z + at, block.count);
          sum = sum * (z * sigmoid(z));
        }
        store_part(y + at, sum, block.count);
      }
      columns_to(state + b * s.channels * s.states, block, s.states, h);
    }
  });
  return failed ? "out of memory" : nullptr;
}

// What a thread of the backward pass works with.
struct Workspace {
  Floats *A, *dA, *g;           // [vectors, states] each
  Floats *states, *decay;       // of a chunk: [steps + 1, states] and [steps, states]
  Floats* sums;                 // of the terms of the gradients of B and C over channels: [2, steps, states], padded
  Floats* chunk_dA;             // [states]
  Floats *dD, *dbias;           // [vectors]
  int64_t sum_vectors;

  static int64_t padded(int64_t count) { return (count + HG_LANES - 1) / HG_LANES * HG_LANES; }

  bool allocate(const Sizes& s, int64_t count) {
    sum_vectors = padded(2 * s.chunk * s.states);
    const int64_t whole = count * s.states, steps = s.chunk * s.states;
    Floats* at = vectors(kSlotForStates, 3 * whole + 2 * steps + 2 * s.states + sum_vectors + 2 * count);
    if (at == nullptr) return false;
    A = at;
    dA = A + whole;
    g = dA + whole;
    states = g + whole;
    decay = states + steps + s.states;
    sums = decay + steps;
    chunk_dA = sums + sum_vectors;
    dD = chunk_dA + s.states;
    dbias = dD + count;
    return true;
  }
};

// The gradients of the inputs, [B, L, D].
struct Elementwise {
  float *du, *ddelta, *dz;
};

// One vector of channels in one chunk: v is its number in the workspace.
HG_INLINE void chunk_gradients(const Sizes& s, const Inputs& in, const Workspace& w, const Block& block, int64_t v, int64_t b,
                               int64_t number, const float* dy, const float* kept, const Elementwise& out) {
  const int64_t N = s.states, start = number * s.chunk, count = smaller(s.chunk, s.length - start);
  const Floats *A = w.A + v * N, bias = block.part(in.bias), skip = block.part(in.D);
  Floats *g = w.g + v * N, *const sums_b = w.sums, *const sums_c = w.sums + s.chunk * N;
  Floats steps[kMostChunk], slopes[kMostChunk], inputs[kMostChunk];
  for (int64_t n = 0; n < N; n++) w.states[n] = load_part(kept + s.kept(b, number, n, block.channel), block.count);
  for (int64_t t = 0; t < count; t++) {
    const int64_t at = s.element(b, start + t, block.channel);
    const Floats raw = load_part(in.delta + at, block.count) + bias;
    steps[t] = in.step(raw);
    slopes[t] = in.softplus_steps ? sigmoid(raw) : splat(1.0f);
    inputs[t] = load_part(in.u + at, block.count);
    const Floats added = steps[t] * inputs[t];
    const float* B = in.B + s.row(b, start + t, block.group);
    const Floats* before = w.states + t * N;
    for (int64_t n = 0; n < N; n++) {
      const Floats decay = exp(Floats(steps[t] * A[n]));
      w.decay[t * N + n] = decay;
      w.states[(t + 1) * N + n] = decay * before[n] + added * B[n];
    }
  }
  for (int64_t n = 0; n < N; n++) w.chunk_dA[n] = Floats{};
  Floats dD = {}, dbias = {};
  for (int64_t t = count - 1; t >= 0; t--) {
    const int64_t at = s.element(b, start + t, block.channel), row = s.row(b, start + t, block.group);
    const float *B = in.B + row, *C = in.C + row;
    const Floats *before = w.states + t * N, *after = before + N, *decay = w.decay + t * N;
    const Floats step = steps[t], u = inputs[t], given = load_part(dy + at, block.count);
    Floats dread = given;
    if (in.z != nullptr) {
      const Floats z = load_part(in.z + at, block.count), open = sigmoid(z);
      Floats read = skip * u;
      for (int64_t n = 0; n < N; n++) read += after[n] * C[n];
      store_part(out.dz + at, given * read * (open * (1.0f + z * (1.0f - open))), block.count);
      dread = given * (z * open);
    }
    const Floats added = step * u;
    Floats along = {}, dstep = {};
    for (int64_t n = 0; n < N; n++) {
      const Floats own = g[n] + dread * C[n];
      const Floats exponent = own * before[n] * decay[n];
      dstep += exponent * A[n];
      w.chunk_dA[n] += exponent * step;
      along += own * B[n];
      sums_b[t * N + n] += own * added;
      sums_c[t * N + n] += dread * after[n];
      g[n] = own * decay[n];
    }
    const Floats ddelta = (dstep + along * u) * slopes[t];
    store_part(out.du + at, along * step + skip * dread, block.count);
    store_part(out.ddelta + at, ddelta, block.count);
    dD += dread * u;
    dbias += ddelta;
  }
  for (int64_t n = 0; n < N; n++) w.dA[v * N + n] += w.chunk_dA[n];
  w.dD[v] += dD;
  w.dbias[v] += dbias;
}

// Sums over lanes of the terms, to rows of B's and C's gradients.
HG_INLINE void add_lanes(const Sizes& s, const Workspace& w, int64_t b, int64_t start, int64_t count, int64_t group, float* dB,
                         float* dC) {
  float* numbers = reinterpret_cast<float*>(w.states);  // not needed any more
  for (int64_t i = 0; i < w.sum_vectors; i += HG_LANES) {
    Floats rows[HG_LANES];
    for (int r = 0; r < HG_LANES; r++) rows[r] = w.sums[i + r];
    store(numbers + i, combine_rows(rows, [](Floats a, Floats b) { return a + b; }));
  }
  for (int64_t t = 0; t < count; t++) {
    const int64_t row = s.row(b, start + t, group);
    memcpy(dB + row, numbers + t * s.states, static_cast<size_t>(s.states) * 4);
    memcpy(dC + row, numbers + (s.chunk + t) * s.states, static_cast<size_t>(s.states) * 4);
  }
}

// to[i] = the sum of parts[part * stride + i] over parts, in their order
void add_parts(const float* parts, int64_t number, int64_t stride, int64_t count, float* to) {
  parallel_ranges(count, 1 << 14, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) to[i] = 0;
    for (int64_t part = 0; part < number; part++)
      for (int64_t i = begin; i < end; i++) to[i] += parts[part * stride + i];
  });
}

// du, ddelta, dA, dB, dC, dD, dz or 0, dbias, dinitial; the inputs (nine); dy, dstate or 0, kept; room for parts of the gradients
// of B and C [parts, 2, B, L, G, N], of A [B, D, N] and of D and the bias [2, B, D]; B, L, D, N, groups, steps of a chunk, parts, whether
// softplus is applied
HG_KERNEL(selective_scan_grad) {
  const Elementwise out = {args.f32(0), args.f32(1), args.f32(6)};
  float *dA = args.f32(2), *dB = args.f32(3), *dC = args.f32(4), *dD = args.f32(5), *dbias = args.f32(7), *dinitial = args.f32(8);
  const float *dy = args.f32(18), *dstate = args.f32(19), *kept = args.f32(20);
  float *rows = args.f32(21), *matrices = args.f32(22), *lines = args.f32(23);
  const Sizes s(args, 24);
  const int64_t parts = args.at(30);
  const Inputs in(args, 9, args.flag(31));
  if (s.chunk > kMostChunk) return "selective scan: chunks are too long";
  const int64_t blocks = s.blocks(), per_part = (blocks + parts - 1) / parts, each = s.groups * parts;
  const int64_t matrix = s.channels * s.states, all_rows = s.batch * s.length * s.groups * s.states;
  int failed = 0;
  // sequences, groups, and parts of their channels
  parallel_ranges(s.batch * each, 1, [&](int64_t item, int64_t) {
    const int64_t b = item / each, group = item % each / parts, part = item % parts;
    const int64_t first = part * per_part, count = larger<int64_t>(0, smaller(per_part, blocks - first));
    Workspace w;
    if (!w.allocate(s, larger<int64_t>(1, count))) return __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
    for (int64_t v = 0; v < count; v++) {
      const Block block(s, group, first + v);
      columns_of(in.A, block, s.states, w.A + v * s.states);
      if (dstate != nullptr) columns_of(dstate + b * matrix, block, s.states, w.g + v * s.states);
      w.dD[v] = w.dbias[v] = Floats{};
    }
    for (int64_t i = 0; i < count * s.states; i++) {
      w.dA[i] = Floats{};
      if (dstate == nullptr) w.g[i] = Floats{};
    }
    for (int64_t number = s.chunks() - 1; number >= 0; number--) {
      for (int64_t i = 0; i < w.sum_vectors; i++) w.sums[i] = Floats{};
      for (int64_t v = 0; v < count; v++) chunk_gradients(s, in, w, Block(s, group, first + v), v, b, number, dy, kept, out);
      const int64_t start = number * s.chunk;
      float* to = rows + part * 2 * all_rows;
      add_lanes(s, w, b, start, smaller(s.chunk, s.length - start), group, to, to + all_rows);
    }
    for (int64_t v = 0; v < count; v++) {
      const Block block(s, group, first + v);
      columns_to(matrices + b * matrix, block, s.states, w.dA + v * s.states);
      columns_to(dinitial + b * matrix, block, s.states, w.g + v * s.states);
      store_part(lines + b * s.channels + block.channel, w.dD[v], block.count);
      store_part(lines + (s.batch + b) * s.channels + block.channel, w.dbias[v], block.count);
    }
  });
  if (failed) return "out of memory";
  add_parts(matrices, s.batch, matrix, matrix, dA);
  add_parts(lines, s.batch, s.channels, s.channels, dD);
  add_parts(lines + s.batch * s.channels, s.batch, s.channels, s.channels, dbias);
  add_parts(rows, parts, 2 * all_rows, all_rows, dB);
  add_parts(rows + all_rows, parts, 2 * all_rows, all_rows, dC);
  return nullptr;
}

HG_END
