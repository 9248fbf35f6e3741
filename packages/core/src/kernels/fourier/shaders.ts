import type { Shader } from '../../webgpu/shader.js';

/** Which of the three transforms, and whether n real numbers are taken as n / 2 complex ones. */
export type Form = { REAL: boolean; INVERSE: boolean; PACKED: boolean };

export const threads = 256;
/** Complex numbers that a workgroup transforms at a time. */
export const room = 1024;

const uniforms = {
  /** n, and the length of the complex transforms: n, or n / 2. */
  n: 'u32',
  length: 'u32',
  rows: 'u32',
  /** 1 or -1: of the exponent. */
  sign: 'f32',
  factor: 'f32',
  /** How often terms count that stand for two. */
  twice: 'f32',
} as const;

const library = `
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn conjugate(a: vec2f) -> vec2f { return vec2f(a.x, -a.y); }
/** exp(sign 2πi index / n) for index < n. */
fn root(index: u32) -> vec2f { return vec2f(roots[2u * index], uniforms.sign * roots[2u * index + 1u]); }`;

/** \`fetch(row, j)\`: the j-th number that a complex transform of a row takes. */
function fetching({ REAL, INVERSE, PACKED }: Form): string {
  if (!REAL) {
    return `fn fetch(row: u32, j: u32) -> vec2f {
  let at = 2u * (row * uniforms.n + j);
  return vec2f(x[at], x[at + 1u]);
}`;
  }
  if (!INVERSE) {
    return `fn fetch(row: u32, j: u32) -> vec2f {
  ${PACKED ? 'let at = row * uniforms.n + 2u * j; return vec2f(x[at], x[at + 1u]);' : 'return vec2f(x[row * uniforms.n + j], 0.0);'}
}`;
  }
  const term = `
/** A term of the spectrum times how often it counts; it is real where it stands for itself alone. */
fn term_at(row: u32, k: u32) -> vec2f {
  let at = 2u * (row * (uniforms.n / 2u + 1u) + k);
  if (k == 0u || 2u * k == uniforms.n) { return vec2f(x[at], 0.0); }
  return uniforms.twice * vec2f(x[at], x[at + 1u]);
}`;
  if (!PACKED) {
    return `${term}
fn fetch(row: u32, j: u32) -> vec2f {
  if (j > uniforms.n / 2u) { return vec2f(0.0); }
  return term_at(row, j);
}`;
  }
  // even and odd values of the signal are the real and imaginary parts of a transform of half the length; terms that stand
  // for two come in by halves from both sides
  return `${term}
fn half_term(row: u32, k: u32) -> vec2f {
  return select(0.5, 1.0, k == 0u || 2u * k == uniforms.n) * term_at(row, k);
}
fn fetch(row: u32, j: u32) -> vec2f {
  let a = half_term(row, j);
  let b = conjugate(half_term(row, uniforms.length - j));
  let turned = times(a - b, root(j));
  return a + b + vec2f(-turned.y, turned.x);
}`;
}

/** \`put(row, k)\`: writes the k-th of \`kept\` numbers of a row's result, from what \`at(row, k)\` gives of the complex transform. */
function putting({ REAL, INVERSE, PACKED }: Form, at: string): string {
  if (!REAL || INVERSE) {
    const value = `let value = uniforms.factor * ${at}(row, k);`;
    if (REAL && !PACKED) return `fn put(row: u32, k: u32) { ${value} y[row * uniforms.n + k] = value.x; }`;
    return `fn put(row: u32, k: u32) {
  ${value}
  let to = 2u * (row * uniforms.length + k);
  y[to] = value.x;
  y[to + 1u] = value.y;
}`;
  }
  const whole = PACKED
    ? `let a = ${at}(row, k % uniforms.length);
  let b = conjugate(${at}(row, (uniforms.length - k) % uniforms.length));
  let turned = times(a - b, root(k));
  let found = 0.5 * (a + b + vec2f(turned.y, -turned.x));`
    : `let found = ${at}(row, k);`;
  return `fn put(row: u32, k: u32) {
  ${whole}
  let value = uniforms.factor * select(uniforms.twice, 1.0, k == 0u || 2u * k == uniforms.n) * found;
  let to = 2u * (row * (uniforms.n / 2u + 1u) + k);
  y[to] = value.x;
  y[to + 1u] = value.y;
}`;
}

/** Numbers of a row's result. */
const kept = ({ REAL, INVERSE }: Form): string => (REAL && !INVERSE ? '(uniforms.n / 2u + 1u)' : 'uniforms.length');

/**
 * One term of a pass (Stockham's order; Cochran et al. 1967): transforms of every so many of the numbers, each of length \`done\`, become
 * transforms of length \`done * radix\` of fewer. \`stride\` is n over that length.
 */
const passing = (read: string): string => `
fn pass_term(row: u32, o: u32, done: u32, radix: u32) -> vec2f {
  let longer = done * radix;
  let fewer = uniforms.length / longer;
  let sequence = o / longer;
  let k = o - sequence * longer;
  let stride = uniforms.n / longer;
  let place = sequence * done + k % done;
  var sum = vec2f(0.0);
  var turn = 0u;
  for (var r = 0u; r < radix; r++) {
    sum += times(${read}(row, place + r * fewer * done), root(turn * stride));
    turn += k;
    turn -= select(0u, longer, turn >= longer);
  }
  return sum;
}`;

/** Whole transforms of some rows in a workgroup's memory. */
export const within: Shader<Form> = {
  name: 'fourier',
  workgroup: threads,
  uniforms: { ...uniforms, rows_at_once: 'u32', passes: 'u32' },
  code: (form) => `${library}
${fetching(form)}
var<workgroup> numbers: array<vec2f, ${2 * room}>;
var<private> front: u32;
var<private> first_row: u32;
fn number_at(row: u32, k: u32) -> vec2f { return numbers[front + row * uniforms.length + k]; }
fn result_at(row: u32, k: u32) -> vec2f { return number_at(row - first_row, k); }
${passing('number_at')}
${putting(form, 'result_at')}
fn compute(group: vec3u, local: u32) {
  first_row = group.x * uniforms.rows_at_once;
  let rows = min(uniforms.rows_at_once, uniforms.rows - first_row);
  let count = rows * uniforms.length;
  for (var i = local; i < count; i += ${threads}u) {
    let row = i / uniforms.length;
    numbers[i] = fetch(first_row + row, i - row * uniforms.length);
  }
  var done = 1u;
  for (var number = 0u; number < uniforms.passes; number++) {
    let radix = u32(radices[number]);
    workgroupBarrier();
    for (var i = local; i < count; i += ${threads}u) {
      let row = i / uniforms.length;
      numbers[${room}u - front + i] = pass_term(row, i - row * uniforms.length, done, radix);
    }
    done *= radix;
    front = ${room}u - front;
  }
  workgroupBarrier();
  let kept = ${kept(form)};
  for (var i = local; i < rows * kept; i += ${threads}u) {
    let row = i / kept;
    put(first_row + row, i - row * kept);
  }
}`,
};

/** For longer transforms: what is transformed, … */
export const before: Shader<Form> = {
  name: 'fourier-before',
  workgroup: threads,
  uniforms,
  code: (form) => `${library}
${fetching(form)}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.rows * uniforms.length) { return; }
  let row = i / uniforms.length;
  let value = fetch(row, i - row * uniforms.length);
  y[2u * i] = value.x;
  y[2u * i + 1u] = value.y;
}`,
};

/** … each pass over it, … */
export const between: Shader = {
  name: 'fourier-pass',
  workgroup: threads,
  uniforms: { ...uniforms, done: 'u32', radix: 'u32' },
  code: `${library}
fn number_at(row: u32, k: u32) -> vec2f {
  let at = 2u * (row * uniforms.length + k);
  return vec2f(x[at], x[at + 1u]);
}
${passing('number_at')}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.rows * uniforms.length) { return; }
  let row = i / uniforms.length;
  let value = pass_term(row, i - row * uniforms.length, uniforms.done, uniforms.radix);
  y[2u * i] = value.x;
  y[2u * i + 1u] = value.y;
}`,
};

/** … and the result. */
export const after: Shader<Form> = {
  name: 'fourier-after',
  workgroup: threads,
  uniforms,
  code: (form) => `${library}
fn number_at(row: u32, k: u32) -> vec2f {
  let at = 2u * (row * uniforms.length + k);
  return vec2f(x[at], x[at + 1u]);
}
${putting(form, 'number_at')}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  let kept = ${kept(form)};
  if (i >= uniforms.rows * kept) { return; }
  let row = i / kept;
  put(row, i - row * kept);
}`,
};
