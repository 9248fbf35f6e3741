/** A sorted walk over errors; see {@link lovaszExtension}. */
export interface LovaszResult {
  readonly loss: number;
  /** d loss / d error, in the order given. */
  readonly ofErrors: Float32Array;
  /** d loss / d label through the Jaccard weights, in the order given; null unless asked for. */
  readonly ofLabels: Float64Array | null;
}

/**
 * Lovász extension of the Jaccard loss (Berman et al. 2018, algorithm 1): errors sorted downwards, times the increases of
 * the Jaccard loss as one pixel after another counts as wrong. Negative errors count as 0. The order is a constant:
 * nothing flows through the permutation.
 *
 * On the host: a sort is not something that TFJS backends do well, and everything else is one pass.
 */
export function lovaszExtension(errors: Float32Array, labels: Float32Array, withLabels: boolean): LovaszResult {
  const count = errors.length;
  const order = descending(errors);
  const ofErrors = new Float32Array(count);
  let truth = 0;
  for (let i = 0; i < count; i++) truth += labels[i]!;
  const ofLabels = withLabels ? new Float64Array(count) : null;
  let loss = 0;
  let last = 0;
  let seen = 0;
  let labelGradient = 0;
  for (let k = 0; k < count; k++) {
    const at = order[k]!;
    const error = Math.max(0, errors[at]!);
    // what the labels of all pixels before this one have taken part in
    if (ofLabels !== null) ofLabels[at] = labelGradient;
    seen += labels[at]!;
    const intersection = truth - seen;
    const union = truth + (k + 1 - seen);
    const jaccard = 1 - intersection / union;
    const weight = jaccard - last;
    last = jaccard;
    loss += error * weight;
    if (errors[at]! > 0) ofErrors[at] = weight;
    if (ofLabels !== null) {
      const next = k + 1 < count ? Math.max(0, errors[order[k + 1]!]!) : 0;
      labelGradient -= ((error - next) * (union - intersection)) / (union * union);
    }
  }
  return { loss, ofErrors, ofLabels };
}

const digitBits = 11;
const digits = 1 << digitBits;

/** Indices that sort `values` downwards, equal ones in their given order: a radix sort of the bits, linear in their number. */
function descending(values: Float32Array): Uint32Array {
  const count = values.length;
  const bits = new Uint32Array(values.buffer, values.byteOffset, count);
  const keys = new Uint32Array(count);
  // bits of positive floats rise with the value, those of negative ones fall; inverted, because we sort downwards
  for (let i = 0; i < count; i++) keys[i] = bits[i]! & 0x8000_0000 ? bits[i]! : ~(bits[i]! | 0x8000_0000);
  let order = new Uint32Array(count).map((_, i) => i);
  let other = new Uint32Array(count);
  const starts = new Uint32Array(digits);
  for (let shift = 0; shift < 32; shift += digitBits) {
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[(keys[i]! >>> shift) & (digits - 1)]!++;
    let start = 0;
    for (let digit = 0; digit < digits; digit++) {
      const size = starts[digit]!;
      starts[digit] = start;
      start += size;
    }
    for (let i = 0; i < count; i++) {
      const at = order[i]!;
      const digit = (keys[at]! >>> shift) & (digits - 1);
      other[starts[digit]!++] = at;
    }
    [order, other] = [other, order];
  }
  return order;
}
