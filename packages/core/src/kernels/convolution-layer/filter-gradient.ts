import type { TensorInfo } from '@tensorflow/tfjs-core';
import { product } from '../../functional/axes/permute.js';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { addBlocks } from '../../webgpu/snippets/block-sums.js';
import { narrowTile, squareTile, tileFor, tileProduct, tileThreads } from '../../webgpu/snippets/tile-product.js';
import { sweepFields, sweepLibrary, sweepValues, type Sweep } from './sweep.js';

/** Outputs [first, end) of a split, of a length that is a multiple of `unit`. */
const splitRange = (unit: number): string => `
  let terms = uniforms.batch * volume(outputs());
  let share = ((terms + uniforms.splits - 1u) / uniforms.splits + ${unit - 1}u) / ${unit}u * ${unit}u;
  let first = split * share;
  let end = min(first + share, terms);`;

/**
 * The product of matrices [taps · channels, outputs] and [outputs, channels out], the first of which, what the taps have read, is
 * never written out. Grid: tiles of the first's rows, tiles of channels, and groups of splits of the sum.
 */
const shader: Shader<{ NARROW: boolean }> = {
  name: 'convolution-filter-gradient',
  workgroup: tileThreads,
  uniforms: { ...sweepFields, splits: 'u32' },
  code({ NARROW }) {
    const tile = NARROW ? narrowTile : squareTile;
    const [rowQuads, quads] = [tile.rows / 4, tile.columns / 4];
    return `${tileProduct(tile)}
${sweepLibrary}
fn compute(group: vec3u, local: u32) {
  let group_of = group.z % uniforms.groups;
  let split = group.z / uniforms.groups;
  let channels = uniforms.groups * uniforms.cin;
  let all_out = uniforms.groups * uniforms.cout;
  let rows = volume(kernel()) * uniforms.cin;
  let first_row = group.x * ${tile.rows}u;
  let first_column = group.y * ${tile.columns}u;
${splitRange(tile.depth)}

  // the four channels at taps that this invocation fetches; those that are not there read outside
  let quad_of_rows = local % ${rowQuads}u;
  var offsets: array<vec3i, 4>;
  var channel: array<u32, 4>;
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + quad_of_rows * 4u + r;
    let tap = row / uniforms.cin;
    channel[r] = group_of * uniforms.cin + row - tap * uniforms.cin;
    offsets[r] = select(vec3i(-0x40000000), place_of(tap, kernel()).at * dilation() - before(), row < rows);
  }
  for (var begin = first; begin < end; begin += ${tile.depth}u) {
    for (var term = local / ${rowQuads}u; term < ${tile.depth}u; term += ${tileThreads / rowQuads}u) {
      var values = vec4f(0.0);
      if (begin + term < end) {
        let output = place_of(begin + term, outputs());
        let start = output.at * stride();
        for (var r = 0u; r < 4u; r++) {
          let at = start + offsets[r];
          if (inside(at, sizes())) { values[r] = x[flat_index(output.image, at, sizes()) * channels + channel[r]]; }
        }
      }
      put_left(term, quad_of_rows, values);
    }
    for (var i = local; i < ${tile.depth * quads}u; i += ${tileThreads}u) {
      let term = i / ${quads}u;
      let quad = i % ${quads}u;
      var values = vec4f(0.0);
      if (begin + term < end) {
        let start = (begin + term) * all_out + group_of * uniforms.cout;
        for (var c = 0u; c < 4u; c++) {
          let column = first_column + quad * 4u + c;
          if (column < uniforms.cout) { values[c] = dy[start + column]; }
        }
      }
      put_right(term, quad, values);
    }
    add_products(local);
  }

  for (var r = 0u; r < 4u; r++) {
    let row = first_row + tile_row(local) + r;
    if (row >= rows) { break; }
    for (var c = 0u; c < 4u; c++) {
      let column = first_column + tile_column(local) + c;
      if (column >= uniforms.cout) { break; }
      parts[(split * rows + row) * all_out + group_of * uniforms.cout + column] = sums[r][c];
    }
  }
}`;
  },
};

/** For groups of few outputs, such as depthwise: an invocation for each number of the filter, over a split of the outputs. */
const direct: Shader = {
  name: 'convolution-filter-gradient-direct',
  workgroup: 64,
  uniforms: { ...sweepFields, splits: 'u32' },
  code: `${sweepLibrary}
fn compute(group: vec3u, local: u32) {
  let split = group.y;
  let channels = uniforms.groups * uniforms.cin;
  let all_out = uniforms.groups * uniforms.cout;
  let count = volume(kernel()) * uniforms.cin * all_out;
  let index = group.x * 64u + local;
  if (index >= count) { return; }
${splitRange(1)}
  let out = index % all_out;
  let row = index / all_out;
  let tap = row / uniforms.cin;
  let channel = out / uniforms.cout * uniforms.cin + row - tap * uniforms.cin;
  let offset = place_of(tap, kernel()).at * dilation() - before();
  var total = 0.0;
  for (var term = first; term < end; term++) {
    let output = place_of(term, outputs());
    let at = output.at * stride() + offset;
    if (inside(at, sizes())) {
      total += x[flat_index(output.image, at, sizes()) * channels + channel] * dy[term * all_out + out];
    }
  }
  parts[split * count + index] = total;
}`,
};

/** Workgroups that a GPU should have at least. */
const enough = 256;

/** The gradient of the filter, into dfilter. */
export function runFilterGradient(gpu: Gpu, sweep: Sweep, x: TensorInfo, dy: TensorInfo, dfilter: TensorInfo): void {
  const { batch, groups, cin, cout } = sweep;
  const rows = product(sweep.kernel) * cin;
  const count = rows * groups * cout;
  const terms = batch * product(sweep.outputs);
  const single = groups > 1 && cout < narrowTile.columns;
  const tile = tileFor(cout);
  const tiles = single
    ? ([Math.ceil(count / 64), 1, 1] as const)
    : ([Math.ceil(rows / tile.rows), Math.ceil(cout / tile.columns), groups] as const);
  const most = Math.max(1, Math.floor(terms / (single ? 64 : 256)));
  const splits = Math.min(most, Math.ceil(enough / product(tiles)));
  const parts = splits === 1 ? dfilter : gpu.scratch([splits, count]);
  const call = { inputs: { x, dy }, outputs: { parts }, uniforms: { ...sweepValues(sweep), splits } };
  if (single) gpu.run(direct, { ...call, groups: [tiles[0], splits] });
  else {
    const constants = { NARROW: tile === narrowTile };
    gpu.run(shader, { ...call, constants, groups: [tiles[0], tiles[1], groups * splits] });
  }
  if (splits > 1) addBlocks(gpu, parts, dfilter, count);
}
