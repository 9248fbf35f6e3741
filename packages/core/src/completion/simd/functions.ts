import * as asm from './assembler.js';

/**
 * Applies a function to `bytes` / 4 floats, a multiple of four of them, from one address to another. The result is not 0
 * when some input lies beyond the range in which the function is accurate, so that its result must not be used.
 */
export type VectorFunction = (from: number, to: number, bytes: number) => number;

const { add, subtract, multiply, divide, min, max, abs, less, constant: c } = asm.f32x4;
const [from, to, bytes, position, beyond] = [0, 1, 2, 3, 4] as const;
/** The first local for vectors: the input, then intermediate values. */
const input = 5;

/** Names intermediate values, so that they are computed once. */
class Values {
  #next = input + 1;
  readonly code: number[] = [];

  let(value: asm.Code): asm.Code {
    const local = this.#next++;
    this.code.push(...asm.set(local, value));
    return asm.get(local);
  }

  get count(): number {
    return this.#next - input;
  }
}

/** c0 + x (c1 + x (c2 + …)). */
function polynomial(x: asm.Code, coefficients: readonly number[]): asm.Code {
  return coefficients.reduceRight<asm.Code>(
    (sum, coefficient) => (sum.length === 0 ? c(coefficient) : add(c(coefficient), multiply(x, sum))),
    [],
  );
}

/** 2^k for whole k in [-126, 127]. */
function powerOfTwo(k: asm.Code): asm.Code {
  return asm.i32x4.shiftLeft(asm.i32x4.add(asm.i32x4.fromFloat(k), asm.i32x4.constant(127)), 23);
}

/** e^x by e^r · 2^k with |r| <= ln 2 / 2; 0 below the smallest normal number. */
function exponential(x: asm.Code, v: Values): asm.Code {
  const bounded = v.let(min(max(x, c(-87.3)), c(88.7229)));
  const k = v.let(asm.f32x4.nearest(multiply(bounded, c(Math.LOG2E))));
  // ln 2 in two parts, of which the first times k is exact
  const r = v.let(subtract(subtract(bounded, multiply(k, c(0.693359375))), multiply(k, c(Math.LN2 - 0.693359375))));
  const p = v.let(polynomial(r, [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720]));
  // in two steps, since 2^128 is no number but e^88.7 is
  const half = v.let(asm.f32x4.nearest(multiply(k, c(0.5))));
  const value = multiply(multiply(p, powerOfTwo(half)), powerOfTwo(subtract(k, half)));
  const finite = asm.bits.select(less(x, c(-87.3)), asm.f32x4.zero, value);
  return asm.bits.select(less(c(88.7229), x), c(Infinity), finite);
}

/** log x = e ln 2 + log m with m in [√½, √2), the latter by 2 artanh((m - 1) / (m + 1)). */
function logarithm(x: asm.Code, v: Values): asm.Code {
  const tiny = v.let(less(x, c(2 ** -126)));
  const scaled = v.let(asm.bits.select(tiny, multiply(x, c(2 ** 24)), x));
  // the exponent of x / √½, so that m lies around 1
  const offset = 0x3f3504f3;
  const e = v.let(asm.i32x4.shiftRight(asm.i32x4.subtract(scaled, asm.i32x4.constant(offset)), 23));
  const m = v.let(asm.i32x4.subtract(scaled, asm.i32x4.shiftLeft(e, 23)));
  const s = v.let(divide(subtract(m, c(1)), add(m, c(1))));
  const square = v.let(multiply(s, s));
  const ofMantissa = multiply(multiply(s, c(2)), polynomial(square, [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9]));
  const power = v.let(subtract(asm.f32x4.fromInt(e), asm.bits.and(tiny, c(24))));
  const value = v.let(
    add(multiply(power, c(0.693359375)), add(ofMantissa, multiply(power, c(Math.LN2 - 0.693359375)))),
  );
  const ofZero = asm.bits.select(asm.f32x4.equal(x, asm.f32x4.zero), c(-Infinity), value);
  const ofNegative = asm.bits.select(less(x, asm.f32x4.zero), c(NaN), ofZero);
  // infinity and NaN stay what they are
  return asm.bits.select(less(x, c(Infinity)), ofNegative, x);
}

/** x P(x²) / Q(x²) within ±limit: the rational approximations of Eigen's tanh and erf (within about 1e-7 of 1). */
function rational(limit: number, above: readonly number[], below: readonly number[]) {
  return (x: asm.Code, v: Values): asm.Code => {
    const bounded = v.let(min(max(x, c(-limit)), c(limit)));
    const square = v.let(multiply(bounded, bounded));
    const value = divide(multiply(bounded, polynomial(square, above)), polynomial(square, below));
    // rounding may leave [-1, 1] by one unit in the last place
    return min(max(value, c(-1)), c(1));
  };
}

const hyperbolicTangent = rational(
  7.90531110763549805,
  [
    4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8, -8.60467152213735e-11,
    2.00018790482477e-13, -2.76076847742355e-16,
  ],
  [4.89352518554385e-3, 2.268434632439e-3, 1.18534705686654e-4, 1.19825839466702e-6],
);

const errorFunction = rational(
  4,
  [
    -1.60960333262415e-2, -2.95459980854025e-3, -7.34990630326855e-4, -5.69250639462346e-5, -2.10102402082508e-6,
    2.77068142495902e-8, -2.72614225801306e-10,
  ],
  [-1.42647390514189e-2, -7.37332916720468e-3, -1.68282697438203e-3, -2.13374055278905e-4, -1.45660718464996e-5],
);

/** Beyond this a sine's argument can no longer be brought near 0 exactly enough in single precision. */
const sineLimit = 8192;

/** sin(x + turn · π/2) by sin(r) · (-1)^k with |r| <= π/2. */
function sine(turn: 0 | 1) {
  return (x: asm.Code, v: Values): asm.Code => {
    const quotient = multiply(x, c(1 / Math.PI));
    const k =
      turn === 0
        ? v.let(asm.f32x4.nearest(quotient))
        : v.let(subtract(asm.f32x4.nearest(add(quotient, c(0.5))), c(0.5)));
    // π in three parts, of which the first two times k are exact
    const parts = [3.140625, 0.0009670257568359375, Math.PI - 3.140625 - 0.0009670257568359375];
    const r = v.let(parts.reduce((rest, part) => subtract(rest, multiply(k, c(part))), x));
    const square = v.let(multiply(r, r));
    const value = multiply(
      r,
      polynomial(square, [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800]),
    );
    const odd = turn === 0 ? k : add(k, c(0.5));
    return asm.bits.xor(value, asm.i32x4.shiftLeft(asm.i32x4.fromFloat(odd), 31));
  };
}

/** log(1 + t) = 2 artanh(t / (2 + t)) for |t| <= 1 / 2, and t in [0, 1]. */
function log1pSeries(t: asm.Code, v: Values): asm.Code {
  const s = v.let(divide(t, add(t, c(2))));
  const square = v.let(multiply(s, s));
  const series = polynomial(square, [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13, 1 / 15]);
  return multiply(multiply(s, c(2)), series);
}

/** log(1 + e^x) = max(x, 0) + log1p(e^-|x|). */
function softplus(x: asm.Code, v: Values): asm.Code {
  const t = v.let(exponential(v.let(subtract(asm.f32x4.zero, abs(x))), v));
  return add(max(x, asm.f32x4.zero), log1pSeries(t, v));
}

function log1p(x: asm.Code, v: Values): asm.Code {
  const near = v.let(log1pSeries(x, v));
  const far = logarithm(v.let(add(x, c(1))), v);
  return asm.bits.select(less(abs(x), c(0.5)), near, far);
}

function sign(x: asm.Code): asm.Code {
  const { zero } = asm.f32x4;
  return subtract(asm.bits.and(less(zero, x), c(1)), asm.bits.and(less(x, zero), c(1)));
}

function vectorFunction(
  name: string,
  value: (x: asm.Code, v: Values) => asm.Code,
  limit = Infinity,
): asm.FunctionDefinition {
  const v = new Values();
  const result = value(asm.get(input), v);
  const at = (base: number): asm.Code => asm.add(asm.get(base), asm.get(position));
  const outside =
    limit === Infinity
      ? []
      : asm.set(beyond, asm.or(asm.get(beyond), asm.bits.anyTrue(less(c(limit), abs(asm.get(input))))));
  return {
    name,
    parameters: 3,
    result: true,
    locals: [
      [2, asm.types.i32],
      [v.count, asm.types.v128],
    ],
    body: [
      ...asm.whileLoop(asm.less(asm.get(position), asm.get(bytes)), [
        ...asm.set(input, asm.f32x4.load(at(from))),
        ...outside,
        ...v.code,
        ...asm.f32x4.store(at(to), result),
        ...asm.set(position, asm.add(asm.get(position), asm.constant(16))),
      ]),
      ...asm.get(beyond),
    ],
  };
}

export const vectorFunctions: readonly asm.FunctionDefinition[] = [
  vectorFunction('exp', exponential),
  vectorFunction('log', logarithm),
  vectorFunction('tanh', hyperbolicTangent),
  vectorFunction('erf', errorFunction),
  vectorFunction('softplus', softplus),
  vectorFunction('log1p', log1p),
  vectorFunction('sign', sign),
  vectorFunction('sin', sine(0), sineLimit),
  vectorFunction('cos', sine(1), sineLimit),
];

export type VectorFunctionName = 'exp' | 'log' | 'tanh' | 'erf' | 'softplus' | 'log1p' | 'sign' | 'sin' | 'cos';
