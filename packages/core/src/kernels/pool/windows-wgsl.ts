import type { PoolWindows } from './spec.js';

const names = ['d', 'h', 'w'] as const;
const fields = ['input', 'output', 'size', 'stride', 'before', 'dilation'] as const;
const single: PoolWindows = { input: 1, output: 1, size: 1, stride: 1, before: 0, dilation: 1 };

/** Windows along exactly three axes, the first ones of size 1 where there are fewer. */
export function threeAxes(windows: readonly PoolWindows[]): PoolWindows[] {
  return [...Array.from({ length: 3 - windows.length }, () => single), ...windows];
}

/** Uniforms of the windows and of channels. */
export const windowFields: Readonly<Record<string, 'i32' | 'u32'>> = {
  ...Object.fromEntries(names.flatMap((axis) => fields.map((field) => [`${axis}_${field}`, 'i32' as const]))),
  channels: 'u32',
};

export function windowValues(windows: readonly PoolWindows[]): Record<string, number> {
  const along = names.flatMap((axis, i) =>
    fields.map((field): [string, number] => [`${axis}_${field}`, windows[i]![field]]),
  );
  return Object.fromEntries(along);
}

/** Where products of a place and the other axis's size stay within 32 bits. */
export function isCountable(windows: readonly PoolWindows[]): boolean {
  return windows.every(({ input, output, stride }) => stride > 0 || Math.max(input, output) < 46341);
}

const axes = names
  .map(
    (axis) =>
      `fn axis_${axis}() -> Axis { return Axis(${fields.map((field) => `uniforms.${axis}_${field}`).join(', ')}); }`,
  )
  .join('\n');

export const windowLibrary = `
struct Axis { ${fields.map((field) => `${field}: i32`).join(', ')} }
${axes}
/** Places first, first + step, …, that many. */
struct Run { first: i32, step: i32, count: i32 }
/** floor(o a / b), and the same rounded up. */
fn scaled(o: i32, a: i32, b: i32) -> i32 {
  let whole = a / b;
  return o * whole + o * (a - whole * b) / b;
}
fn scaled_up(o: i32, a: i32, b: i32) -> i32 {
  let whole = a / b;
  return o * whole + (o * (a - whole * b) + b - 1) / b;
}
/** The elements of window o that there are. */
fn window_at(axis: Axis, o: i32) -> Run {
  if (axis.stride == 0) {
    let first = scaled(o, axis.input, axis.output);
    return Run(first, 1, scaled_up(o + 1, axis.input, axis.output) - first);
  }
  let start = o * axis.stride - axis.before;
  let low = max(0, (axis.dilation - 1 - start) / axis.dilation);
  let high = min(axis.size, (axis.input - start + axis.dilation - 1) / axis.dilation);
  return Run(start + low * axis.dilation, axis.dilation, max(0, high - low));
}
/** The windows that may cover element i; whether they do, \`covers\` says. */
fn windows_over(axis: Axis, i: i32) -> Run {
  if (axis.stride == 0) {
    let first = scaled(i, axis.output, axis.input);
    return Run(first, 1, scaled_up(i + 1, axis.output, axis.input) - first);
  }
  let from_start = i + axis.before;
  let reach = from_start - (axis.size - 1) * axis.dilation;
  let first = max(0, (reach + axis.stride - 1) / axis.stride);
  return Run(first, 1, max(0, min(axis.output - 1, from_start / axis.stride) - first + 1));
}
fn covers(axis: Axis, o: i32, i: i32) -> bool {
  return axis.stride == 0 || (i + axis.before - o * axis.stride) % axis.dilation == 0;
}
struct Place { image: i32, d: i32, h: i32, w: i32, channel: i32 }
fn place_of(index: u32, depth: i32, height: i32, width: i32) -> Place {
  let pixel = i32(index / uniforms.channels);
  let row = pixel / width;
  let plane = row / height;
  let image = plane / depth;
  let channel = i32(index) - pixel * i32(uniforms.channels);
  return Place(image, plane - image * depth, row - plane * height, pixel - row * width, channel);
}`;
