/**
 * WGSL of attention by tiles of 32 queries and 32 keys. A workgroup of 64 invocations, eight by eight, has one tile's side as its
 * rows and walks along the other as its columns; each invocation holds four rows (the lanes of a vector) of four columns.
 * So each number that is read from workgroup memory serves four multiplications, and 15 KB of it are enough.
 */
export const tile = 32;
export const invocations = 64;
/** The most columns of a result that a workgroup computes, four vectors each 32 columns; wider ones are shared out. */
export const widest = 128;

/** Arrays [heads, positions, numbers] that tiles are taken of. */
export type Operand = 'q' | 'k' | 'v' | 'dy';
/** The uniforms that say how many positions each has, and numbers at each. */
const positions: Readonly<Record<Operand, string>> = { q: 'length', k: 'keys', v: 'keys', dy: 'length' };
const numbers: Readonly<Record<Operand, string>> = { q: 'features', k: 'features', v: 'outputs', dy: 'outputs' };
const tiles: Readonly<Record<Operand, string>> = { q: 'query', k: 'key', v: 'key', dy: 'query' };

const lanes = ['x', 'y', 'z', 'w'] as const;
export const lines = (text: (i: number) => string, count = 4): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('\n');

/** What all tiles' shaders take. */
export const tileUniforms = {
  heads: 'u32',
  groups: 'u32',
  length: 'u32',
  keys: 'u32',
  features: 'u32',
  outputs: 'u32',
  causal: 'u32',
  scale: 'f32',
  kept_scale: 'f32',
  q_batch: 'u32',
  q_head: 'u32',
  q_row: 'u32',
  k_batch: 'u32',
  k_head: 'u32',
  k_row: 'u32',
  v_batch: 'u32',
  v_head: 'u32',
  v_row: 'u32',
  dy_batch: 'u32',
  dy_head: 'u32',
  dy_row: 'u32',
  mask_heads_1: 'u32',
  mask_heads_2: 'u32',
  mask_heads_3: 'u32',
  mask_0: 'u32',
  mask_1: 'u32',
  mask_2: 'u32',
  mask_3: 'u32',
  mask_row: 'u32',
  mask_key: 'u32',
} as const;

/**
 * Workgroup memory; and the biases of a tile's scores and which of its weights are kept, for a mask that is not there (0), of truth
 * values (1), or of numbers to be added (2). A score that is not seen is minus infinity, which is told by its bits: compilers
 * may take it that there is no such number.
 */
export function scores(rows: 'query' | 'key', mask: 0 | 1 | 2, kept: boolean): string {
  const columns = rows === 'query' ? 'key' : 'query';
  const at = 'mask[mask_start + query * uniforms.mask_row + key * uniforms.mask_key]';
  return `
var<workgroup> left: array<vec4f, 264>;
var<workgroup> right: array<vec4f, 264>;
var<workgroup> biases: array<vec4f, 264>;
${kept ? 'var<workgroup> kept_bits: array<u32, 264>;' : ''}
var<private> mask_start: u32;
var<private> kept_start: u32;
fn enter_head(batch_head: u32) {
  let i = batch_head / uniforms.mask_heads_1;
  let j = i / uniforms.mask_heads_2;
  mask_start = batch_head % uniforms.mask_heads_1 * uniforms.mask_0 + i % uniforms.mask_heads_2 * uniforms.mask_1
    + j % uniforms.mask_heads_3 * uniforms.mask_2 + j / uniforms.mask_heads_3 * uniforms.mask_3;
  kept_start = batch_head * uniforms.length * uniforms.keys;
}
fn read_biases(first_query: u32, first_key: u32, local: u32) {
  for (var i = local; i < 256u; i += ${invocations}u) {
    var values = vec4f();
    ${kept ? 'var bits = 0u;' : ''}
    for (var r = 0u; r < 4u; r++) {
      let ${rows} = first_${rows} + i / 32u * 4u + r;
      let ${columns} = first_${columns} + i % 32u;
      var bias = -infinity();
      if (query < uniforms.length && key < uniforms.keys && (uniforms.causal == 0u || key <= query)) {
        bias = ${['0.0', `select(bias, 0.0, ${at} != 0)`, at][mask]};
        ${kept ? 'if (kept[kept_start + query * uniforms.keys + key] != 0) { bits |= 1u << r; }' : ''}
      }
      values[r] = bias;
    }
    biases[i / 32u * 33u + i % 32u] = values;
    ${kept ? 'kept_bits[i / 32u * 33u + i % 32u] = bits;' : ''}
  }
}
fn unseen(score: vec4f) -> vec4<bool> { return bitcast<vec4u>(score) == vec4u(0xff800000u); }
fn biased(score: vec4f, bias: vec4f) -> vec4f { return select(score * uniforms.scale + bias, bias, unseen(bias)); }
fn weight(score: vec4f, base: vec4f) -> vec4f { return select(exp(score - base), vec4f(), unseen(score)); }
${
  kept
    ? `fn kept_factor(at: u32) -> vec4f {
  return select(vec4f(), vec4f(uniforms.kept_scale), (vec4u(kept_bits[at]) & vec4u(1u, 2u, 4u, 8u)) != vec4u());
}`
    : ''
}`;
}

/** Four numbers of an operand side by side in `values`, zeros beyond it; said at length, so that they lie in registers. */
function readFour(of: Operand, position: (i: number) => string, number: (i: number) => string): string {
  return lines(
    (i) => `if (${position(i)} < uniforms.${positions[of]} && ${number(i)} < uniforms.${numbers[of]}) {
        values.${lanes[i]} = ${of}[${of}_start + (${position(i)}) * uniforms.${of}_row + ${number(i)}];
      }`,
  );
}

/** Reads 32 positions of 32 numbers from `column` on, zeros beyond the array: four positions in a vector. */
function loadPositions(to: 'left' | 'right', of: Operand): string {
  return `for (var i = local; i < 256u; i += ${invocations}u) {
      let position = first_${tiles[of]} + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      ${readFour(
        of,
        (i) => `position + ${i}u`,
        () => 'number',
      )}
      ${to}[i / 32u * 33u + i % 32u] = values;
    }`;
}

/** Products of four rows of the operand `rows` with four of `columns`: `NAME_i`, for column i those of the four rows. */
export function products(name: string, rows: Operand, columns: Operand): string {
  return `${lines((i) => `var ${name}_${i} = vec4f();`)}
    for (var column = 0u; column < uniforms.${numbers[rows]}; column += 32u) {
      workgroupBarrier();
      ${loadPositions('left', rows)}
      ${loadPositions('right', columns)}
      workgroupBarrier();
      let width = min(32u, uniforms.${numbers[rows]} - column);
      for (var i = 0u; i < width; i++) {
        let a = left[row_block * 33u + i];
        let b = right[column_block * 33u + i];
        ${lines((i) => `${name}_${i} += a * b.${lanes[i]};`)}
      }
    }`;
}

/** {@link products} as scores `score_i`; where weights are dropped also their factors, `kept_i`. */
export function scoresOf(rows: Operand, columns: Operand, mask: 0 | 1 | 2, kept: boolean): string {
  const masked = lines((i) => `score_${i} = biased(score_${i}, biases[at + ${i}u]);`);
  if (mask !== 0 || kept) {
    return `read_biases(first_query, first_key, local);
    ${products('score', rows, columns)}
    let at = row_block * 33u + column_block * 4u;
    ${masked}
    ${kept ? lines((i) => `let kept_${i} = kept_factor(at + ${i}u);`) : ''}`;
  }
  // most tiles are seen whole
  return `let whole = first_query + 32u <= uniforms.length && first_key + 32u <= uniforms.keys
      && (uniforms.causal == 0u || first_key + 31u <= first_query);
    if (!whole) { read_biases(first_query, first_key, local); }
    ${products('score', rows, columns)}
    if (whole) {
      ${lines((i) => `score_${i} *= uniforms.scale;`)}
    } else {
      let at = row_block * 33u + column_block * 4u;
      ${masked}
    }`;
}

/** The result's registers: for `chunks` times 32 columns four vectors each. */
export function accumulators(chunks: number): string {
  return lines((i) => `var sum_${i} = vec4f();`, chunks * 4);
}

/** Adds the product of the tile `weights_i` with 32 positions of an operand to the accumulators. */
export function addProducts(chunks: number, weights: string, of: Operand): string {
  return `workgroupBarrier();
    ${lines((i) => `left[row_block * 33u + column_block * 4u + ${i}u] = ${weights}_${i};`)}
    let count = min(32u, uniforms.${positions[of]} - first_${tiles[of]});
    ${lines(
      (chunk) => `${chunk > 0 ? 'workgroupBarrier();' : ''}
    for (var i = local; i < 256u; i += ${invocations}u) {
      let position = first_${tiles[of]} + i / 8u;
      let number = first_column + ${chunk * tile}u + i % 8u * 4u;
      var values = vec4f();
      ${readFour(
        of,
        () => 'position',
        (i) => `number + ${i}u`,
      )}
      right[i] = values;
    }
    workgroupBarrier();
    for (var i = 0u; i < count; i++) {
      let a = left[row_block * 33u + i];
      let b = right[i * 8u + column_block];
      ${lines((i) => `sum_${chunk * 4 + i} += a * b.${lanes[i]};`)}
    }`,
      chunks,
    )}`;
}

/** Writes the accumulators, times a vector for the four rows, as rows of `to`; `of` is an operand of its shape. */
export function writeRows(chunks: number, to: string, of: Operand, factor: string): string {
  return lines(
    (chunk) => `workgroupBarrier();
  ${lines((i) => `left[row_block * 33u + column_block * 4u + ${i}u] = sum_${chunk * 4 + i} * ${factor};`)}
  workgroupBarrier();
  for (var i = local; i < 1024u; i += ${invocations}u) {
    let position = first_${tiles[of]} + i / 32u;
    let number = first_column + ${chunk * tile}u + i % 32u;
    if (position < uniforms.${positions[of]} && number < uniforms.${numbers[of]}) {
      ${to}[${of}_start + position * uniforms.${of}_row + number] = left[i / 128u * 33u + i % 32u][i / 32u % 4u];
    }
  }`,
    chunks,
  );
}

/**
 * The place of an invocation and its workgroup: the group's x is the tile of rows, y the head of queries or of keys, z the
 * block of 32 · chunks columns.
 */
export function place(rows: 'query' | 'key', chunks: number): string {
  const heads = {
    query: `let batch = group.y / uniforms.heads;
  let head = group.y % uniforms.heads;
  let key_head = head / (uniforms.heads / uniforms.groups);
  let batch_head = group.y;
  enter_head(batch_head);`,
    key: `let batch = group.y / uniforms.groups;
  let key_head = group.y % uniforms.groups;`,
  }[rows];
  return `let row_block = local / 8u;
  let column_block = local % 8u;
  let first_${rows} = group.x * ${tile}u;
  let row = first_${rows} + row_block * 4u;
  let first_column = group.z * ${chunks * tile}u;
  ${heads}`;
}

/** Where the operands' heads begin. */
export function starts(...operands: readonly Operand[]): string {
  return operands
    .map(
      (of) =>
        `let ${of}_start = batch * uniforms.${of}_batch + ${tiles[of] === 'key' ? 'key_head' : 'head'} * uniforms.${of}_head;`,
    )
    .join('\n');
}
