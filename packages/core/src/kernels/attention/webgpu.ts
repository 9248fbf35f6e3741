import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { attentionLayout, type AttentionLayout } from './layout.js';
import { attention, attentionGradient, type AttentionAttributes } from './spec.js';
import {
  accumulators,
  addProducts,
  invocations,
  lines,
  place,
  products,
  scores,
  scoresOf,
  starts,
  tile,
  tileUniforms,
  widest,
  writeRows,
} from './tiles.js';

/** Columns of the result that a workgroup computes, in 32s; the kind of mask, as {@link scores} takes it; whether weights are dropped. */
type Variant = { readonly CHUNKS: number; readonly MASK: 0 | 1 | 2; readonly KEPT: boolean };

/** Keys are walked along with a running largest score and sum (FlashAttention, Dao et al. 2022, algorithm 1). */
const forward: Shader<Variant> = {
  name: 'attention',
  workgroup: invocations,
  uniforms: tileUniforms,
  code: ({ CHUNKS, MASK, KEPT }) => `${scores('query', MASK, KEPT)}
var<workgroup> exchanged: array<vec4f, ${invocations}>;
fn compute(group: vec3u, local: u32) {
  ${place('query', CHUNKS)}
  ${starts('q', 'k', 'v', 'dy')}
  var highest = vec4f(-infinity());
  var total = vec4f();
  ${accumulators(CHUNKS)}
  let end = select(uniforms.keys, min(uniforms.keys, first_query + ${tile}u), uniforms.causal != 0u);
  for (var first_key = 0u; first_key < end; first_key += ${tile}u) {
    ${scoresOf('q', 'k', MASK, KEPT)}
    exchanged[local] = max(max(score_0, score_1), max(score_2, score_3));
    workgroupBarrier();
    var top = highest;
    for (var i = 0u; i < 8u; i++) { top = max(top, exchanged[row_block * 8u + i]); }
    let base = select(top, vec4f(), unseen(top));
    let factor = weight(highest, base);
    highest = top;
    ${lines((i) => `var weight_${i} = weight(score_${i}, base);`)}
    total = total * factor + weight_0 + weight_1 + weight_2 + weight_3;
    ${KEPT ? lines((i) => `weight_${i} *= kept_${i};`) : ''}
    ${lines((i) => `sum_${i} *= factor;`, 4 * CHUNKS)}
    ${addProducts(CHUNKS, 'weight', 'v')}
  }
  workgroupBarrier();
  exchanged[local] = total;
  workgroupBarrier();
  var sum = vec4f();
  for (var i = 0u; i < 8u; i++) { sum += exchanged[row_block * 8u + i]; }
  let inverse = 1.0 / select(sum, vec4f(1.0), sum == vec4f());
  ${writeRows(CHUNKS, 'y', 'dy', 'inverse')}
  if (column_block == 0u && group.z == 0u) {
    let values = select(highest + log(sum), vec4f(infinity()), sum == vec4f());
    ${lines((i) => `if (row + ${i}u < uniforms.length) { log_sum_exp[batch_head * uniforms.length + row + ${i}u] = values[${i}]; }`)}
  }
}`,
};

/**
 * What the backward pass needs of each query, in one array, so that its shaders have eight: the log-sum-exp, and the product of the
 * result and its gradient.
 */
const statistics: Shader = {
  name: 'attention-statistics',
  workgroup: invocations,
  uniforms: tileUniforms,
  code: `
var<workgroup> parts: array<f32, ${invocations}>;
fn compute(group: vec3u, local: u32) {
  let batch = group.y / uniforms.heads;
  let head = group.y % uniforms.heads;
  ${starts('dy')}
  let query = group.x * 8u + local / 8u;
  let at = dy_start + query * uniforms.dy_row;
  var part = 0.0;
  if (query < uniforms.length) {
    for (var i = local % 8u; i < uniforms.outputs; i += 8u) { part += y[at + i] * dy[at + i]; }
  }
  parts[local] = part;
  workgroupBarrier();
  if (local % 8u == 0u && query < uniforms.length) {
    for (var i = 1u; i < 8u; i++) { part += parts[local + i]; }
    let row = group.y * uniforms.length + query;
    of_queries[2u * row] = log_sum_exp[row];
    of_queries[2u * row + 1u] = part;
  }
}`,
};

/** The gradient of q: rows are queries, and keys are walked along. */
const queryGradient: Shader<Variant> = {
  name: 'attention-query-gradient',
  workgroup: invocations,
  uniforms: tileUniforms,
  code: ({ CHUNKS, MASK, KEPT }) => `${scores('query', MASK, KEPT)}
fn compute(group: vec3u, local: u32) {
  ${place('query', CHUNKS)}
  ${starts('q', 'k', 'v', 'dy')}
  var base = vec4f();
  var inner = vec4f();
  ${lines(
    (i) => `if (row + ${i}u < uniforms.length) {
    let at = 2u * (batch_head * uniforms.length + row + ${i}u);
    base[${i}] = of_queries[at];
    inner[${i}] = of_queries[at + 1u];
  }`,
  )}
  ${accumulators(CHUNKS)}
  let end = select(uniforms.keys, min(uniforms.keys, first_query + ${tile}u), uniforms.causal != 0u);
  for (var first_key = 0u; first_key < end; first_key += ${tile}u) {
    ${scoresOf('q', 'k', MASK, KEPT)}
    ${products('slope', 'dy', 'v')}
    ${lines((i) => `slope_${i} = weight(score_${i}, base) * (slope_${i}${KEPT ? ` * kept_${i}` : ''} - inner);`)}
    ${addProducts(CHUNKS, 'slope', 'k')}
  }
  let factor = vec4f(uniforms.scale);
  ${writeRows(CHUNKS, 'dq', 'q', 'factor')}
}`,
};

/** The gradients of k and v: rows are keys, and the queries of all the heads that share them are walked along. */
const alongQueries = (chunks: number, { body, written }: { body: string; written: string }): string => `
fn compute(group: vec3u, local: u32) {
  ${place('key', chunks)}
  ${starts('k', 'v')}
  ${accumulators(chunks)}
  let sharing = uniforms.heads / uniforms.groups;
  for (var head = key_head * sharing; head < (key_head + 1u) * sharing; head++) {
    let batch_head = batch * uniforms.heads + head;
    enter_head(batch_head);
    ${starts('q', 'dy')}
    for (var first_query = select(0u, first_key, uniforms.causal != 0u); first_query < uniforms.length; first_query += ${tile}u) {
      ${body}
    }
  }
  ${written}
}`;

/** The two numbers of the query of each column. */
const ofColumns = `let query = first_query + column_block * 4u;
      ${lines((i) => `var base_${i} = 0.0; var inner_${i} = 0.0;`)}
      ${lines(
        (i) => `if (query + ${i}u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + ${i}u);
        base_${i} = of_queries[at];
        inner_${i} = of_queries[at + 1u];
      }`,
      )}`;

const keyGradient: Shader<Variant> = {
  name: 'attention-key-gradient',
  workgroup: invocations,
  uniforms: tileUniforms,
  code: ({ CHUNKS, MASK, KEPT }) =>
    scores('key', MASK, KEPT) +
    alongQueries(CHUNKS, {
      body: `
      ${scoresOf('k', 'q', MASK, KEPT)}
      ${products('slope', 'v', 'dy')}
      ${ofColumns}
      ${lines((i) => `slope_${i} = weight(score_${i}, vec4f(base_${i})) * (slope_${i}${KEPT ? ` * kept_${i}` : ''} - inner_${i});`)}
      ${addProducts(CHUNKS, 'slope', 'q')}`,
      written: `let factor = vec4f(uniforms.scale);
  ${writeRows(CHUNKS, 'dk', 'k', 'factor')}`,
    }),
};

const valueGradient: Shader<Variant> = {
  name: 'attention-value-gradient',
  workgroup: invocations,
  uniforms: tileUniforms,
  code: ({ CHUNKS, MASK, KEPT }) =>
    scores('key', MASK, KEPT) +
    alongQueries(CHUNKS, {
      body: `
      ${scoresOf('k', 'q', MASK, KEPT)}
      ${ofColumns}
      ${lines((i) => `let weight_${i} = weight(score_${i}, vec4f(base_${i}))${KEPT ? ` * kept_${i}` : ''};`)}
      ${addProducts(CHUNKS, 'weight', 'dy')}`,
      written: `let factor = vec4f(1.0);
  ${writeRows(CHUNKS, 'dv', 'v', 'factor')}`,
    }),
};

/** Neighbouring axes of a mask's heads that are one axis in memory, or are broadcast together: sizes and strides, innermost first. */
function maskAxes({ lead, heads, maskStrides }: AttentionLayout): Array<[size: number, stride: number]> {
  const merged: Array<[number, number]> = [];
  [...lead, heads].forEach((size, axis) => {
    if (size === 1) return;
    const stride = maskStrides[axis]!;
    const outer = merged.at(-1);
    if (outer !== undefined && outer[1] === stride * size) merged.splice(-1, 1, [outer[0] * size, stride]);
    else merged.push([size, stride]);
  });
  return merged.toReversed();
}

/** The uniforms of a problem; null for masks that are broadcast in more ways than the shaders keep apart. */
function uniformsOf(layout: AttentionLayout, { causal, scale, headsLast, keptScale }: AttentionAttributes) {
  const { heads, groups, length, keys, features, outputs, maskStrides } = layout;
  const axes = maskAxes(layout);
  if (axes.length > 4 || layout.batch === 0) return null;
  while (axes.length < 4) axes.push([1, 0]);
  const [[n1, m0], [n2, m1], [n3, m2], [, m3]] = axes as [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ];
  const strides = (name: string, heads: number, positions: number, numbers: number): Record<string, number> => ({
    [`${name}_batch`]: heads * positions * numbers,
    [`${name}_head`]: headsLast ? numbers : positions * numbers,
    [`${name}_row`]: headsLast ? heads * numbers : numbers,
  });
  return {
    heads,
    groups,
    length,
    keys,
    features,
    outputs,
    causal: Number(causal),
    scale,
    kept_scale: keptScale,
    ...strides('q', heads, length, features),
    ...strides('k', groups, keys, features),
    ...strides('v', groups, keys, outputs),
    ...strides('dy', heads, length, outputs),
    mask_heads_1: n1,
    mask_heads_2: n2,
    mask_heads_3: n3,
    mask_0: m0,
    mask_1: m1,
    mask_2: m2,
    mask_3: m3,
    mask_row: maskStrides.at(-2)!,
    mask_key: maskStrides.at(-1)!,
  };
}

/** What the shaders are called with; null for what is left to the reference. */
function problemOf(inputs: Parameters<typeof attentionLayout>[0], attrs: AttentionAttributes) {
  const layout = attentionLayout(inputs, attrs);
  if (layout === null || Object.values(layout.shape).includes(0) || layout.keys * layout.features === 0) return null;
  const uniforms = uniformsOf(layout, attrs);
  if (uniforms === null) return null;
  const { mask, kept } = inputs;
  const MASK = mask == null ? 0 : mask.dtype === 'bool' ? 1 : 2;
  const tilesOf = (positions: number): number => Math.ceil(positions / tile);
  /** For a result of so many rows and columns. */
  const shared = (rows: number, heads: number, columns: number) => {
    const blocks = Math.ceil(columns / widest);
    const constants: Variant = { CHUNKS: Math.ceil(Math.ceil(columns / tile) / blocks), MASK, KEPT: kept != null };
    return { uniforms, constants, groups: [tilesOf(rows), layout.batch * heads, blocks] as const };
  };
  return { layout, uniforms, shared };
}

export const attentionOnGpu = webgpuKernel(attention, (inputs, attrs, gpu) => {
  const problem = problemOf(inputs, attrs);
  if (problem === null) return null;
  const { layout, shared } = problem;
  const [y, logSumExp] = [gpu.allocate(layout.shape), gpu.allocate(layout.rows)];
  const { q, k, v, mask, kept } = inputs;
  gpu.run(forward, {
    inputs: { q, k, v, mask, kept },
    outputs: { y, log_sum_exp: logSumExp },
    ...shared(layout.length, layout.heads, layout.outputs),
  });
  return [y, logSumExp];
});

export const attentionGradientOnGpu = webgpuKernel(attentionGradient, (inputs, attrs, gpu) => {
  const problem = problemOf(inputs, attrs);
  if (problem === null) return null;
  const { layout, uniforms, shared } = problem;
  const { q, k, v, mask, kept, y, dy, logSumExp } = inputs;
  const [dq, dk, dv] = [q, k, v].map(({ shape }) => gpu.allocate(shape)) as [typeof q, typeof q, typeof q];
  const ofQueries = gpu.scratch([...layout.rows, 2]);
  gpu.run(statistics, {
    inputs: { y, dy, log_sum_exp: logSumExp },
    outputs: { of_queries: ofQueries },
    uniforms,
    groups: [Math.ceil(layout.length / 8), layout.batch * layout.heads],
  });
  const read = { q, k, v, dy, mask, kept, of_queries: ofQueries };
  gpu.run(queryGradient, { inputs: read, outputs: { dq }, ...shared(layout.length, layout.heads, layout.features) });
  gpu.run(keyGradient, { inputs: read, outputs: { dk }, ...shared(layout.keys, layout.groups, layout.features) });
  gpu.run(valueGradient, { inputs: read, outputs: { dv }, ...shared(layout.keys, layout.groups, layout.outputs) });
  return [dq, dk, dv];
});
