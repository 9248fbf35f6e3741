import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { addBlocks } from '../../webgpu/snippets/block-sums.js';
import { narrowTile, squareTile, tileFor, tileProduct, tileThreads } from '../../webgpu/snippets/tile-product.js';
import { product } from '../../functional/axes/permute.js';
import { sweepFields, sweepLibrary, sweepValues, type Sweep } from './sweep.js';
import { tapsLibrary } from './taps-wgsl.js';
import type { TensorInfo } from '@tensorflow/tfjs-core';

type Constants = { TRANSPOSED: boolean; NARROW: boolean };

/** What is swept over and what comes out: x and y, or the other way about. */
const names = (transposed: boolean): Record<'from' | 'cfrom' | 'to' | 'cto', string> =>
  transposed
    ? { from: 'outputs()', cfrom: 'uniforms.cout', to: 'sizes()', cto: 'uniforms.cin' }
    : { from: 'sizes()', cfrom: 'uniforms.cin', to: 'outputs()', cto: 'uniforms.cout' };

/**
 * A product of matrices [targets, taps · channels] and [taps · channels, outputs], the first of which is never written out
 * (Chetlur et al. 2014, arXiv:1410.0759). Grid: tiles of targets, tiles of outputs, and phases of groups of splits.
 */
const shader: Shader<Constants> = {
  name: 'convolution',
  workgroup: tileThreads,
  uniforms: { ...sweepFields, phases: 'u32', splits: 'u32', biased: 'u32', relu: 'u32' },
  code({ TRANSPOSED, NARROW }) {
    const tile = NARROW ? narrowTile : squareTile;
    const { from, cfrom, to, cto } = names(TRANSPOSED);
    const lanes = tileThreads / (tile.rows / 4);
    const quads = tile.columns / 4;
    // neighbours read neighbouring numbers of the filter
    const weight = TRANSPOSED
      ? {
          at: `let term = i % ${tile.depth}u; let quad = i / ${tile.depth}u;`,
          row: `let found = term_of(begin + term, taps.number);
        let t = taps.first + found.tap * taps.step;
        let row = flat_index(0u, t, kernel()) * ${cto};`,
          read: `filter_values[(row + column) * all_from + group_of * ${cfrom} + found.channel]`,
        }
      : {
          at: `let term = i / ${quads}u; let quad = i % ${quads}u;`,
          row: 'let row = (begin + term) * all_to;',
          read: `filter_values[row + group_of * ${cto} + column]`,
        };
    return `${tileProduct(tile)}
${sweepLibrary}
${tapsLibrary(TRANSPOSED)}
/** A term of the sum: a channel at a tap. */
struct Term { tap: vec3i, channel: u32 }
fn term_of(k: u32, number: vec3i) -> Term {
  let tap = k / ${cfrom};
  return Term(place_of(tap, number).at, k - tap * ${cfrom});
}
fn later(term: Term, by: u32, number: vec3i) -> Term {
  var next = term;
  next.channel += by;
  while (next.channel >= ${cfrom}) {
    next.channel -= ${cfrom};
    next.tap.z++;
    if (next.tap.z == number.z) {
      next.tap.z = 0;
      next.tap.y++;
      if (next.tap.y == number.y) {
        next.tap.y = 0;
        next.tap.x++;
      }
    }
  }
  return next;
}
fn compute(group: vec3u, local: u32) {
  let phase = group.z % uniforms.phases;
  let group_of = group.z / uniforms.phases % uniforms.groups;
  let split = group.z / uniforms.phases / uniforms.groups;
  let taps = taps_of(${TRANSPOSED ? 'place_of(phase, stride()).at' : 'vec3i(0)'});
  let targets = uniforms.batch * volume(taps.counts);
  let first_row = group.x * ${tile.rows}u;
  if (first_row >= targets) { return; }
  let all_from = uniforms.groups * ${cfrom};
  let all_to = uniforms.groups * ${cto};
  let first_column = group.y * ${tile.columns}u;

  // where the four targets read whose numbers this invocation fetches; those that are not there read outside
  let quad_of_rows = local / ${lanes}u;
  let lane = local % ${lanes}u;
  var starts: array<vec3i, 4>;
  var images: array<u32, 4>;
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + quad_of_rows * 4u + r;
    let target_place = place_of(row, taps.counts);
    images[r] = target_place.image;
    starts[r] = select(vec3i(-0x40000000), target_place.at * taps.scale + taps.base, row < targets);
  }

  let terms = volume(taps.number) * ${cfrom};
  let share = ((terms + uniforms.splits - 1u) / uniforms.splits + ${tile.depth - 1}u) / ${tile.depth}u * ${tile.depth}u;
  let end = min((split + 1u) * share, terms);
  var fetched = Term(vec3i(0), 0u);
  if (terms > 0u) { fetched = term_of(split * share + lane, taps.number); }
  for (var begin = split * share; begin < end; begin += ${tile.depth}u) {
    for (var i = lane; i < ${tile.depth}u; i += ${lanes}u) {
      var values = vec4f(0.0);
      if (begin + i < end) {
        for (var r = 0u; r < 4u; r++) {
          let at = starts[r] + fetched.tap * taps.advance;
          if (inside(at, ${from})) {
            values[r] = source[flat_index(images[r], at, ${from}) * all_from + group_of * ${cfrom} + fetched.channel];
          }
        }
      }
      put_left(i, quad_of_rows, values);
      fetched = later(fetched, ${lanes}u, taps.number);
    }
    for (var i = local; i < ${tile.depth * quads}u; i += ${tileThreads}u) {
      ${weight.at}
      var values = vec4f(0.0);
      if (begin + term < end) {
        ${weight.row}
        for (var c = 0u; c < 4u; c++) {
          let column = first_column + quad * 4u + c;
          if (column < ${cto}) { values[c] = ${weight.read}; }
        }
      }
      put_right(term, quad, values);
    }
    add_products(local);
  }

  let block = split * uniforms.batch * volume(${to}) * all_to;
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + tile_row(local) + r;
    if (row >= targets) { break; }
    let found = place_of(row, taps.counts);
    let pixel = block + flat_index(found.image, found.at * taps.spread + taps.phase, ${to}) * all_to;
    for (var c = 0u; c < 4u; c++) {
      let column = first_column + tile_column(local) + c;
      if (column >= ${cto}) { break; }
      let channel = group_of * ${cto} + column;
      var value = sums[r][c];
      if (split == 0u && uniforms.biased != 0u) { value += bias[channel]; }
      if (uniforms.relu != 0u) { value = select(value, 0.0, value <= 0.0); }
      y[pixel + channel] = value;
    }
  }
}`;
  },
};

/** For groups of few outputs, such as depthwise: an invocation for each number of the result. */
const direct: Shader<Pick<Constants, 'TRANSPOSED'>> = {
  name: 'convolution-direct',
  workgroup: 64,
  uniforms: { ...sweepFields, biased: 'u32' },
  code({ TRANSPOSED }) {
    const { from, cfrom, to, cto } = names(TRANSPOSED);
    return `${sweepLibrary}
${tapsLibrary(TRANSPOSED)}
fn compute(group: vec3u, local: u32) {
  let all_from = uniforms.groups * ${cfrom};
  let all_to = uniforms.groups * ${cto};
  let index = group.x * 64u + local;
  if (index >= uniforms.batch * volume(${to}) * all_to) { return; }
  let channel = index % all_to;
  let found = place_of(index / all_to, ${to});
  let taps = taps_of(${TRANSPOSED ? 'found.at % stride()' : 'vec3i(0)'});
  let start = found.at / taps.spread * taps.scale + taps.base;
  let group_of = channel / ${cto};
  var total = 0.0;
  if (uniforms.biased != 0u) { total = bias[channel]; }
  for (var i = 0; i < taps.number.x; i++) {
    for (var j = 0; j < taps.number.y; j++) {
      for (var k = 0; k < taps.number.z; k++) {
        let at = start + vec3i(i, j, k) * taps.advance;
        if (!inside(at, ${from})) { continue; }
        let pixel = flat_index(found.image, at, ${from}) * all_from + group_of * ${cfrom};
        let tap = flat_index(0u, taps.first + vec3i(i, j, k) * taps.step, kernel());
        for (var c = 0u; c < ${cfrom}; c++) {
          total += source[pixel + c] * ${
            TRANSPOSED
              ? 'filter_values[(tap * uniforms.cin + channel % uniforms.cin) * all_from + group_of * uniforms.cout + c]'
              : 'filter_values[(tap * uniforms.cin + c) * all_to + channel]'
          };
        }
      }
    }
  }
  y[index] = total;
}`;
  },
};

/** Workgroups that a GPU should have at least, and terms that are worth a workgroup of their own. */
const [enough, worthwhile] = [128, 256];

interface Operands {
  readonly source: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias: TensorInfo | undefined;
  readonly y: TensorInfo;
  /** Applied to the result, which then is not split; not for groups. */
  readonly relu?: boolean;
}

/** The convolution of x, or, transposed, its gradient by x from that of y; into y of the shape of the result. */
export function runConvolution(
  gpu: Gpu,
  sweep: Sweep,
  transposed: boolean,
  { source, filter, bias, y, relu = false }: Operands,
): void {
  // without a bias another array is bound in its place: each combination of arrays would be a shader of its own
  const inputs = { source, filter_values: filter, bias: bias ?? filter };
  const uniforms = { ...sweepValues(sweep), biased: Number(bias !== undefined) };
  const constants = { TRANSPOSED: transposed };
  const { batch, groups } = sweep;
  const [channels, columns] = transposed ? [sweep.cout, sweep.cin] : [sweep.cin, sweep.cout];
  const targets = transposed ? sweep.sizes : sweep.outputs;
  const total = batch * product(targets) * groups * columns;
  if (groups > 1 && columns < narrowTile.columns) {
    gpu.run(direct, { inputs, outputs: { y }, uniforms, constants, groups: [Math.ceil(total / 64)] });
    return;
  }
  const tile = tileFor(columns);
  const strides = transposed ? sweep.stride : [1, 1, 1];
  const phases = product(strides);
  const rows = batch * product(targets.map((size, axis) => Math.ceil(size / strides[axis]!)));
  const tiles = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)] as const;
  const terms = (product(sweep.kernel) * channels) / phases;
  const workgroups = tiles[0] * tiles[1] * groups * phases;
  const most = relu ? 1 : Math.floor(terms / worthwhile);
  const splits = Math.max(1, Math.min(Math.ceil(enough / workgroups), most));
  const parts = splits === 1 ? y : gpu.scratch([splits, total]);
  gpu.run(shader, {
    inputs,
    outputs: { y: parts },
    uniforms: { ...uniforms, phases, splits, relu: Number(relu) },
    constants: { ...constants, NARROW: tile === narrowTile },
    groups: [...tiles, phases * groups * splits],
  });
  if (splits > 1) addBlocks(gpu, parts, y, total);
}
