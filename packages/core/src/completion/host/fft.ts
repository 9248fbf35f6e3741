import { fourierFactors, largestFactor } from '../../kernels/fourier/factors.js';
import type { Values } from './host.js';

type Numbers = Values | Float64Array;

/** Transforms rows of n complex numbers in two arrays; the result is scaled by 1/n when the transform is inverse. */
export type Transform = (re: Numbers, im: Numbers, outRe: Numbers, outIm: Numbers) => void;

const plans = new Map<string, Transform>();

/** A discrete Fourier transform of length n on the host, in double precision, with its tables; the last few lengths are kept. */
export function fourierTransform(n: number, inverse: boolean): Transform {
  const key = `${n}${inverse ? 'i' : 'f'}`;
  let plan = plans.get(key);
  if (plan === undefined) {
    plan = rowByRow(n, inverse, core(n, inverse ? 1 : -1));
    if (plans.size >= 16) plans.delete(plans.keys().next().value!);
    plans.set(key, plan);
  }
  return plan;
}

/** Transforms re and im (double precision) in place. */
type Core = (re: Float64Array, im: Float64Array) => void;

function rowByRow(n: number, inverse: boolean, transform: Core): Transform {
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  const scale = inverse ? 1 / n : 1;
  return (fromRe, fromIm, toRe, toIm) => {
    for (let start = 0; start < fromRe.length; start += n) {
      for (let i = 0; i < n; i++) {
        re[i] = fromRe[start + i]!;
        im[i] = fromIm[start + i]!;
      }
      transform(re, im);
      for (let i = 0; i < n; i++) {
        toRe[start + i] = re[i]! * scale;
        toIm[start + i] = im[i]! * scale;
      }
    }
  };
}

function core(n: number, sign: 1 | -1): Core {
  const factors = fourierFactors(n);
  return factors.every((factor) => factor <= largestFactor) ? mixedRadix(n, sign, factors) : bluestein(n, sign);
}

/** Stockham's self-sorting transform (Cochran et al., 1967), one pass for each factor, without a bit reversal. */
function mixedRadix(n: number, sign: 1 | -1, factors: readonly number[]): Core {
  const [cos, sin] = roots(n, sign);
  const [otherRe, otherIm] = [new Float64Array(n), new Float64Array(n)];
  const passes = factors.map((radix) => (radix === 4 ? pass4 : radix === 2 ? pass2 : passAny(radix)));
  return (re, im) => {
    let [fromRe, fromIm, toRe, toIm]: [Float64Array, Float64Array, Float64Array, Float64Array] = [
      re,
      im,
      otherRe,
      otherIm,
    ];
    // before a pass: `groups` interleaved transforms, each of `length` numbers
    let [length, groups] = [n, 1];
    passes.forEach((pass, i) => {
      const radix = factors[i]!;
      pass(fromRe, fromIm, toRe, toIm, length / radix, groups, cos, sin, sign);
      [fromRe, fromIm, toRe, toIm] = [toRe, toIm, fromRe, fromIm];
      length /= radix;
      groups *= radix;
    });
    if (fromRe !== re) {
      re.set(fromRe);
      im.set(fromIm);
    }
  };
}

function roots(n: number, sign: number): [Float64Array, Float64Array] {
  const angle = (k: number): number => (sign * 2 * Math.PI * k) / n;
  return [
    Float64Array.from({ length: n }, (_, k) => Math.cos(angle(k))),
    Float64Array.from({ length: n }, (_, k) => Math.sin(angle(k))),
  ];
}

type Pass = (
  ar: Float64Array,
  ai: Float64Array,
  br: Float64Array,
  bi: Float64Array,
  m: number,
  groups: number,
  cos: Float64Array,
  sin: Float64Array,
  sign: number,
) => void;

// Plain variables in these loops: pairs of values would be arrays, made anew for each number.

const pass2: Pass = (ar, ai, br, bi, m, groups, cos, sin) => {
  for (let p = 0; p < m; p++) {
    const c = cos[p * groups]!;
    const s = sin[p * groups]!;
    let x = groups * p;
    let z = groups * 2 * p;
    for (let q = 0; q < groups; q++, x++, z++) {
      const y = x + groups * m;
      const dr = ar[x]! - ar[y]!;
      const di = ai[x]! - ai[y]!;
      br[z] = ar[x]! + ar[y]!;
      bi[z] = ai[x]! + ai[y]!;
      br[z + groups] = dr * c - di * s;
      bi[z + groups] = dr * s + di * c;
    }
  }
};

const pass4: Pass = (ar, ai, br, bi, m, groups, cos, sin, sign) => {
  const quarter = groups * m;
  for (let p = 0; p < m; p++) {
    const c1 = cos[p * groups]!;
    const s1 = sin[p * groups]!;
    const c2 = cos[2 * p * groups]!;
    const s2 = sin[2 * p * groups]!;
    const c3 = cos[3 * p * groups]!;
    const s3 = sin[3 * p * groups]!;
    let x = groups * p;
    let z = groups * 4 * p;
    for (let q = 0; q < groups; q++, x++, z++) {
      const x1 = x + quarter;
      const x2 = x1 + quarter;
      const x3 = x2 + quarter;
      const sr = ar[x]! + ar[x2]!;
      const si = ai[x]! + ai[x2]!;
      const dr = ar[x]! - ar[x2]!;
      const di = ai[x]! - ai[x2]!;
      const tr = ar[x1]! + ar[x3]!;
      const ti = ai[x1]! + ai[x3]!;
      // sign·i times the difference
      const er = -sign * (ai[x1]! - ai[x3]!);
      const ei = sign * (ar[x1]! - ar[x3]!);
      br[z] = sr + tr;
      bi[z] = si + ti;
      const z1 = z + groups;
      br[z1] = (dr + er) * c1 - (di + ei) * s1;
      bi[z1] = (dr + er) * s1 + (di + ei) * c1;
      const z2 = z1 + groups;
      br[z2] = (sr - tr) * c2 - (si - ti) * s2;
      bi[z2] = (sr - tr) * s2 + (si - ti) * c2;
      const z3 = z2 + groups;
      br[z3] = (dr - er) * c3 - (di - ei) * s3;
      bi[z3] = (dr - er) * s3 + (di - ei) * c3;
    }
  }
};

function passAny(radix: number): Pass {
  const [tr, ti] = [new Float64Array(radix), new Float64Array(radix)];
  return (ar, ai, br, bi, m, groups, cos, sin) => {
    const n = radix * m * groups;
    for (let p = 0; p < m; p++) {
      for (let q = 0; q < groups; q++) {
        for (let k = 0; k < radix; k++) {
          const x = q + groups * (p + m * k);
          tr[k] = ar[x]!;
          ti[k] = ai[x]!;
        }
        for (let j = 0; j < radix; j++) {
          let sr = tr[0]!;
          let si = ti[0]!;
          for (let k = 1, at = 0; k < radix; k++) {
            // the root of order `radix` to the power j·k
            at += j * m * groups;
            if (at >= n) at %= n;
            sr += tr[k]! * cos[at]! - ti[k]! * sin[at]!;
            si += tr[k]! * sin[at]! + ti[k]! * cos[at]!;
          }
          const turn = p * j * groups;
          const z = q + groups * (radix * p + j);
          br[z] = sr * cos[turn]! - si * sin[turn]!;
          bi[z] = sr * sin[turn]! + si * cos[turn]!;
        }
      }
    }
  };
}

/** Any length, as a circular convolution of a power of two (Bluestein, 1970). */
function bluestein(n: number, sign: 1 | -1): Core {
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const factors = fourierFactors(size);
  const [forward, backward] = [mixedRadix(size, -1, factors), mixedRadix(size, 1, factors)];
  // chirp sign·i·π·k²/n; k² is reduced modulo 2n, so that the angle stays exact
  const angles = Float64Array.from({ length: n }, (_, k) => (sign * Math.PI * ((k * k) % (2 * n))) / n);
  const [cr, ci] = [angles.map(Math.cos), angles.map(Math.sin)];
  const [kr, ki] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < n; k++) {
    for (const at of k === 0 ? [0] : [k, size - k]) {
      kr[at] = cr[k]! / size;
      ki[at] = -ci[k]! / size;
    }
  }
  forward(kr, ki);
  const [wr, wi] = [new Float64Array(size), new Float64Array(size)];
  return (re, im) => {
    wr.fill(0);
    wi.fill(0);
    for (let k = 0; k < n; k++) {
      wr[k] = re[k]! * cr[k]! - im[k]! * ci[k]!;
      wi[k] = re[k]! * ci[k]! + im[k]! * cr[k]!;
    }
    forward(wr, wi);
    for (let k = 0; k < size; k++) {
      const r = wr[k]! * kr[k]! - wi[k]! * ki[k]!;
      wi[k] = wr[k]! * ki[k]! + wi[k]! * kr[k]!;
      wr[k] = r;
    }
    backward(wr, wi);
    for (let k = 0; k < n; k++) {
      re[k] = wr[k]! * cr[k]! - wi[k]! * ci[k]!;
      im[k] = wr[k]! * ci[k]! + wi[k]! * cr[k]!;
    }
  };
}
