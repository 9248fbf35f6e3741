/**
 * WGSL of `taps_of(phase)`: which taps of the filter meet at targets of a phase, and where they read.
 *
 * Forward, target q reads q · stride - before + t · dilation at tap t. Transposed, target i = q · stride + phase reads
 * (i + before - t · dilation) / stride, where that is whole: at every so many taps, so that for one phase it is a convolution
 * with stride 1 and no product with an inserted zero is computed.
 */
export function tapsLibrary(transposed: boolean): string {
  const struct = `
struct Taps {
  /** Targets along each axis; target q lies at q · spread + phase. */
  counts: vec3i, spread: vec3i, phase: vec3i,
  /** Taps first, first + step, …, that many; the j-th reads q · scale + base + j · advance. */
  first: vec3i, step: vec3i, number: vec3i,
  scale: vec3i, base: vec3i, advance: vec3i,
}`;
  if (!transposed) {
    return `${struct}
fn taps_of(phase: vec3i) -> Taps {
  return Taps(outputs(), vec3i(1), phase, vec3i(0), vec3i(1), kernel(), stride(), -before(), dilation());
}`;
  }
  return `${struct}
fn divisor(a: i32, b: i32) -> i32 {
  var x = a;
  var y = b;
  while (y != 0) {
    let rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}
/** The first tap that meets a target at this remainder; taps if none does. */
fn first_tap(rest: i32, stride: i32, dilation: i32, taps: i32) -> i32 {
  var found = taps;
  for (var t = min(taps, stride) - 1; t >= 0; t--) {
    if (t * dilation % stride == rest) { found = t; }
  }
  return found;
}
fn taps_of(phase: vec3i) -> Taps {
  let s = stride();
  let d = dilation();
  let k = kernel();
  let origin = phase + before();
  let rest = origin % s;
  let shared_part = vec3i(divisor(s.x, d.x), divisor(s.y, d.y), divisor(s.z, d.z));
  let step = s / shared_part;
  let first = vec3i(
    first_tap(rest.x, s.x, d.x, k.x), first_tap(rest.y, s.y, d.y, k.y), first_tap(rest.z, s.z, d.z, k.z),
  );
  let number = (k - first + step - 1) / step;
  let counts = (sizes() - phase + s - 1) / s;
  return Taps(counts, s, phase, first, step, number, vec3i(1), (origin - first * d) / s, -step * d / s);
}`;
}
