// Recurrent layers over all steps of time, forwards and backwards: what an input adds to the gates is given for all steps.
#include "../recurrent/scan.h"

HG_BEGIN

constexpr const char* kNoMemory = "out of memory";
constexpr int kSlotForWeights = 3, kSlotForStep = 4, kSlotForProjection = 2;

float* scratch_floats(int slot, int64_t count) {
  return static_cast<float*>(scratch(slot, static_cast<size_t>(count + 1) * 4));
}

// h = act(gates + h' weight).
// gates [T, B, H], weight [H, H], h0 [B, H], states [T, B, H], T, B, H, whether act is relu (else tanh)
HG_KERNEL(rnn_scan) {
  const float *gates = args.f32(0), *h0 = args.f32(2);
  float* states = args.f32(3);
  const int64_t length = args.at(4), batch = args.at(5), size = args.at(6);
  const bool relu = args.flag(7);
  float* memory = static_cast<float*>(scratch(kSlotForWeights, packed_bytes(size, size)));
  if (memory == nullptr) return kNoMemory;
  const Packed weight = pack({args.f32(1), size, false}, size, size, memory);
  over_sequences(batch, size * size, [&](int64_t first, int64_t count) {
    const float* before = h0 + first * size;
    for (int64_t t = 0; t < length; t++) {
      const int64_t at = (t * batch + first) * size;
      float* h = states + at;
      multiply_packed({before, size}, count, weight, h, size, false);
      over_vectors(count * size, [&](int64_t j, int64_t n) {
        const Floats x = load_part(gates + at + j, n) + load_part(h + j, n);
        store_part(h + j, relu ? finished(x, kRelu, x) : tanh(x), n);
      });
      before = h;
    }
  });
  return nullptr;
}

// dy [T, B, H], states, weight, h0, and the gradients: of gates, weight, h0; T, B, H, relu
HG_KERNEL(rnn_scan_grad) {
  const float *dy = args.f32(0), *states = args.f32(1), *h0 = args.f32(3);
  float *dgates = args.f32(4), *dweight = args.f32(5), *dh0 = args.f32(6);
  const int64_t length = args.at(7), batch = args.at(8), size = args.at(9);
  const bool relu = args.flag(10);
  float* memory = static_cast<float*>(scratch(kSlotForWeights, packed_bytes(size, size)));
  if (memory == nullptr) return kNoMemory;
  const Packed back = pack({args.f32(2), size, true}, size, size, memory);
  over_sequences(batch, size * size, [&](int64_t first, int64_t count) {
    float* carried = dh0 + first * size;
    memset(carried, 0, static_cast<size_t>(count * size) * 4);
    for (int64_t t = length - 1; t >= 0; t--) {
      const int64_t at = (t * batch + first) * size;
      over_vectors(count * size, [&](int64_t j, int64_t n) {
        const Floats h = load_part(states + at + j, n);
        const Floats dh = load_part(dy + at + j, n) + load_part(carried + j, n);
        // where h is NaN, so is the gradient
        const Floats slope = relu ? (h > 0.0f ? splat(1) : h != h ? h : Floats{}) : 1.0f - h * h;
        store_part(dgates + at + j, dh * slope, n);
      });
      multiply_packed({dgates + at, size}, count, back, carried, size, false);
    }
  });
  return weight_gradient(h0, states, size, dgates, length, batch, size, size, dweight) ? nullptr : kNoMemory;
}

// Gated recurrent unit with gates r, z, n: n = tanh(gates_n + r (h' W_n + b_n)), h = (1 - z) n + z h'.
// gates [T, B, 3H], weight [H, 3H], bias [3H], h0 [B, H], states [T, B, H], trace [T, B, 4H] (r, z, n and h' W_n + b_n), T, B, H
HG_KERNEL(gru_scan) {
  const float *gates = args.f32(0), *bias = args.f32(2), *h0 = args.f32(3);
  float *states = args.f32(4), *trace = args.f32(5);
  const int64_t length = args.at(6), batch = args.at(7), size = args.at(8);
  float* memory = static_cast<float*>(scratch(kSlotForWeights, packed_bytes(size, 3 * size)));
  if (memory == nullptr) return kNoMemory;
  const Packed weight = pack({args.f32(1), 3 * size, false}, size, 3 * size, memory);
  bool failed = false;
  over_sequences(batch, 3 * size * size, [&](int64_t first, int64_t count) {
    float* sums = scratch_floats(kSlotForStep, count * 3 * size);
    if (sums == nullptr) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    const float* before = h0 + first * size;
    for (int64_t t = 0; t < length; t++) {
      const int64_t row = t * batch + first;
      multiply_packed({before, size}, count, weight, sums, 3 * size, false);
      for (int64_t i = 0; i < count; i++) {
        const float *x = gates + (row + i) * 3 * size, *s = sums + i * 3 * size, *last = before + i * size;
        float *kept = trace + (row + i) * 4 * size, *h = states + (row + i) * size;
        over_vectors(size, [&](int64_t j, int64_t n) {
          const auto recurrent = [&](int64_t gate) {
            return load_part(s + gate * size + j, n) + load_part(bias + gate * size + j, n);
          };
          const Floats r = sigmoid(load_part(x + j, n) + recurrent(0));
          const Floats z = sigmoid(load_part(x + size + j, n) + recurrent(1));
          const Floats hidden = recurrent(2);
          const Floats candidate = tanh(load_part(x + 2 * size + j, n) + r * hidden);
          store_part(kept + j, r, n);
          store_part(kept + size + j, z, n);
          store_part(kept + 2 * size + j, candidate, n);
          store_part(kept + 3 * size + j, hidden, n);
          store_part(h + j, candidate + z * (load_part(last + j, n) - candidate), n);
        });
      }
      before = states + row * size;
    }
  });
  return failed ? kNoMemory : nullptr;
}

// dy [T, B, H], states, trace, weight, h0, and the gradients: of gates, of h' W + b [T, B, 3H], weight, bias, h0; T, B, H
HG_KERNEL(gru_scan_grad) {
  const float *dy = args.f32(0), *states = args.f32(1), *trace = args.f32(2), *h0 = args.f32(4);
  float *dgates = args.f32(5), *drecurrent = args.f32(6), *dweight = args.f32(7), *dbias = args.f32(8), *dh0 = args.f32(9);
  const int64_t length = args.at(10), batch = args.at(11), size = args.at(12);
  float* memory = static_cast<float*>(scratch(kSlotForWeights, packed_bytes(3 * size, size)));
  if (memory == nullptr) return kNoMemory;
  const Packed back = pack({args.f32(3), 3 * size, true}, 3 * size, size, memory);
  over_sequences(batch, 3 * size * size, [&](int64_t first, int64_t count) {
    float* carried = dh0 + first * size;
    memset(carried, 0, static_cast<size_t>(count * size) * 4);
    for (int64_t t = length - 1; t >= 0; t--) {
      const int64_t row = t * batch + first;
      const float* before = t == 0 ? h0 + first * size : states + (row - batch) * size;
      for (int64_t i = 0; i < count; i++) {
        const float *kept = trace + (row + i) * 4 * size, *up = dy + (row + i) * size, *last = before + i * size;
        float *outer = dgates + (row + i) * 3 * size, *inner = drecurrent + (row + i) * 3 * size, *carry = carried + i * size;
        over_vectors(size, [&](int64_t j, int64_t n) {
          const Floats r = load_part(kept + j, n), z = load_part(kept + size + j, n);
          const Floats candidate = load_part(kept + 2 * size + j, n), hidden = load_part(kept + 3 * size + j, n);
          const Floats dh = load_part(up + j, n) + load_part(carry + j, n);
          const Floats dn = dh * ((1.0f - z) * (1.0f - candidate * candidate));
          const Floats dz = dh * ((load_part(last + j, n) - candidate) * (z * (1.0f - z)));
          const Floats dr = dn * hidden * (r * (1.0f - r));
          store_part(outer + j, dr, n);
          store_part(outer + size + j, dz, n);
          store_part(outer + 2 * size + j, dn, n);
          store_part(inner + j, dr, n);
          store_part(inner + size + j, dz, n);
          store_part(inner + 2 * size + j, dn * r, n);
          store_part(carry + j, dh * z, n);
        });
      }
      multiply_packed({drecurrent + row * 3 * size, 3 * size}, count, back, carried, size, true);
    }
  });
  if (!weight_gradient(h0, states, size, drecurrent, length, batch, size, 3 * size, dweight)) return kNoMemory;
  return column_sums(drecurrent, 3 * size, length * batch, 3 * size, dbias) ? nullptr : kNoMemory;
}

// Long short-term memory with gates i, f, g, o: c = f c' + i g, h = o tanh(c), or with a projection h = (o tanh(c)) R.
// gates [T, B, 4H], weight [P, 4H], h0 [B, P], c0 [B, H], R [H, P] or 0 (then P = H), states [T, B, P + H] (h, then c),
// trace [T, B, 4H] (i, f, g, o), T, B, H, P
HG_KERNEL(lstm_scan) {
  const float *gates = args.f32(0), *h0 = args.f32(2), *c0 = args.f32(3);
  float *states = args.f32(5), *trace = args.f32(6);
  const int64_t length = args.at(7), batch = args.at(8), size = args.at(9), outputs = args.at(10);
  const bool projects = args.f32(4) != nullptr;
  const int64_t stride = outputs + size, wide = 4 * size;
  float* memory = static_cast<float*>(scratch(kSlotForWeights, packed_bytes(outputs, wide)));
  float* more = projects ? static_cast<float*>(scratch(kSlotForProjection, packed_bytes(size, outputs))) : nullptr;
  if (memory == nullptr || (projects && more == nullptr)) return kNoMemory;
  const Packed weight = pack({args.f32(1), wide, false}, outputs, wide, memory);
  Packed projection{};
  if (projects) projection = pack({args.f32(4), outputs, false}, size, outputs, more);
  bool failed = false;
  over_sequences(batch, outputs * wide, [&](int64_t first, int64_t count) {
    float* sums = scratch_floats(kSlotForStep, count * 5 * size);
    if (sums == nullptr) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    float* plain = sums + count * wide;
    for (int64_t t = 0; t < length; t++) {
      const int64_t row = t * batch + first;
      const float* old = t == 0 ? nullptr : states + (row - batch) * stride;
      multiply_packed(t == 0 ? AnyRows{h0 + first * outputs, outputs} : AnyRows{old, stride}, count, weight, sums, wide, false);
      for (int64_t i = 0; i < count; i++) {
        const float *x = gates + (row + i) * wide, *s = sums + i * wide;
        const float* last = t == 0 ? c0 + (first + i) * size : old + i * stride + outputs;
        float *kept = trace + (row + i) * wide, *cell = states + (row + i) * stride + outputs;
        float* out = projects ? plain + i * size : states + (row + i) * stride;
        over_vectors(size, [&](int64_t j, int64_t n) {
          const auto sum = [&](int64_t gate) {
            return load_part(x + gate * size + j, n) + load_part(s + gate * size + j, n);
          };
          const Floats in = sigmoid(sum(0)), forget = sigmoid(sum(1)), g = tanh(sum(2)), o = sigmoid(sum(3));
          const Floats c = forget * load_part(last + j, n) + in * g;
          store_part(kept + j, in, n);
          store_part(kept + size + j, forget, n);
          store_part(kept + 2 * size + j, g, n);
          store_part(kept + 3 * size + j, o, n);
          store_part(cell + j, c, n);
          store_part(out + j, o * tanh(c), n);
        });
      }
      if (projects) multiply_packed({plain, size}, count, projection, states + row * stride, stride, false);
    }
  });
  return failed ? kNoMemory : nullptr;
}

// dy [T, B, P + H], states, trace, weight, h0, c0, R or 0, and the gradients: of gates, weight, h0, c0, R or 0; with R also
// room for what it multiplied [T, B, H] and got back [T, B, P]; T, B, H, P
HG_KERNEL(lstm_scan_grad) {
  const float *dy = args.f32(0), *states = args.f32(1), *trace = args.f32(2), *h0 = args.f32(4), *c0 = args.f32(5);
  float *dgates = args.f32(7), *dweight = args.f32(8), *dh0 = args.f32(9), *dc0 = args.f32(10), *dprojection = args.f32(11);
  float *plain = args.f32(12), *received = args.f32(13);
  const int64_t length = args.at(14), batch = args.at(15), size = args.at(16), outputs = args.at(17);
  const bool projects = args.f32(6) != nullptr;
  const int64_t stride = outputs + size, wide = 4 * size;
  float* memory = static_cast<float*>(scratch(kSlotForWeights, packed_bytes(wide, outputs)));
  float* more = projects ? static_cast<float*>(scratch(kSlotForProjection, packed_bytes(outputs, size))) : nullptr;
  if (memory == nullptr || (projects && more == nullptr)) return kNoMemory;
  const Packed back = pack({args.f32(3), wide, true}, wide, outputs, memory);
  Packed unproject{};
  if (projects) unproject = pack({args.f32(6), outputs, true}, outputs, size, more);
  bool failed = false;
  over_sequences(batch, outputs * wide, [&](int64_t first, int64_t count) {
    float *dh = dh0 + first * outputs, *dc = dc0 + first * size;
    float* dout = projects ? scratch_floats(kSlotForStep, count * size) : dh;
    if (dout == nullptr) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    memset(dh, 0, static_cast<size_t>(count * outputs) * 4);
    memset(dc, 0, static_cast<size_t>(count * size) * 4);
    for (int64_t t = length - 1; t >= 0; t--) {
      const int64_t row = t * batch + first;
      for (int64_t i = 0; i < count; i++) {
        const float* up = dy + (row + i) * stride;
        float* total = projects ? received + (row + i) * outputs : dh + i * outputs;
        over_vectors(outputs, [&](int64_t j, int64_t n) {
          store_part(total + j, load_part(up + j, n) + load_part(dh + i * outputs + j, n), n);
        });
      }
      if (projects) multiply_packed({received + row * outputs, outputs}, count, unproject, dout, size, false);
      for (int64_t i = 0; i < count; i++) {
        const float *kept = trace + (row + i) * wide, *up = dy + (row + i) * stride + outputs;
        const float* cell = states + (row + i) * stride + outputs;
        const float* last = t == 0 ? c0 + (first + i) * size : cell - batch * stride;
        float *to = dgates + (row + i) * wide, *carry = dc + i * size, *back_out = dout + i * size;
        over_vectors(size, [&](int64_t j, int64_t n) {
          const Floats in = load_part(kept + j, n), forget = load_part(kept + size + j, n);
          const Floats g = load_part(kept + 2 * size + j, n), o = load_part(kept + 3 * size + j, n);
          const Floats squashed = tanh(load_part(cell + j, n)), d = load_part(back_out + j, n);
          const Floats dcell = load_part(up + j, n) + load_part(carry + j, n) + d * (o * (1.0f - squashed * squashed));
          store_part(to + j, dcell * (g * (in * (1.0f - in))), n);
          store_part(to + size + j, dcell * (load_part(last + j, n) * (forget * (1.0f - forget))), n);
          store_part(to + 2 * size + j, dcell * (in * (1.0f - g * g)), n);
          store_part(to + 3 * size + j, d * (squashed * (o * (1.0f - o))), n);
          store_part(carry + j, dcell * forget, n);
          if (projects) store_part(plain + (row + i) * size + j, o * squashed, n);
        });
      }
      multiply_packed({dgates + row * wide, wide}, count, back, dh, outputs, false);
    }
  });
  if (failed) return kNoMemory;
  if (!weight_gradient(h0, states, stride, dgates, length, batch, outputs, wide, dweight)) return kNoMemory;
  if (!projects) return nullptr;
  const Product product{size, outputs, length * batch, {plain, size, true}, {received, outputs, false}, dprojection, outputs, false, nullptr};
  return multiply_parallel(product) ? nullptr : kNoMemory;
}

HG_END
