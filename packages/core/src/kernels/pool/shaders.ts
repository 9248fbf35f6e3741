import type { Shader } from '../../webgpu/shader.js';
import { windowFields, windowLibrary } from './windows-wgsl.js';

export const threads = 64;

const head = `${windowLibrary}
fn compute(group: vec3u, local: u32) {
  let index = group.x * ${threads}u + local;
  if (index >= uniforms.total) { return; }
  let d_axis = axis_d();
  let h_axis = axis_h();
  let w_axis = axis_w();
  let channels = i32(uniforms.channels);`;

/** An invocation for each window: over its elements, in order, whose number in the input is \`at\` and in the plane \`place\`. */
const eachElement = (body: string): string => `
  let o = place_of(index, d_axis.output, h_axis.output, w_axis.output);
  let ds = window_at(d_axis, o.d);
  let hs = window_at(h_axis, o.h);
  let ws = window_at(w_axis, o.w);
  for (var i = 0; i < ds.count; i++) {
    let d = ds.first + i * ds.step;
    for (var j = 0; j < hs.count; j++) {
      let row = d * h_axis.input + hs.first + j * hs.step;
      for (var k = 0; k < ws.count; k++) {
        let place = row * w_axis.input + ws.first + k * ws.step;
        let at = (o.image * d_axis.input * h_axis.input * w_axis.input + place) * channels + o.channel;
        ${body}
      }
    }
  }`;

/** An invocation for each element: over the windows that cover it, d, h, w, whose number in the output is \`at\`. */
const eachWindow = (body: string): string =>
  `
  let e = place_of(index, d_axis.input, h_axis.input, w_axis.input);
  let ds = windows_over(d_axis, e.d);
  let hs = windows_over(h_axis, e.h);
  let ws = windows_over(w_axis, e.w);
  for (var d = ds.first; d < ds.first + ds.count; d++) {
    if (!covers(d_axis, d, e.d)) { continue; }
    for (var h = hs.first; h < hs.first + hs.count; h++) {
      if (!covers(h_axis, h, e.h)) { continue; }
      for (var w = ws.first; w < ws.first + ws.count; w++) {
        if (!covers(w_axis, w, e.w)) { continue; }
        let at = (((o_image(e) + d) * h_axis.output + h) * w_axis.output + w) * channels + e.channel;
        ${body}
      }
    }
  }`.replace('o_image(e)', 'e.image * d_axis.output');

/** The largest elements of windows, or where in the plane the first of them lie. */
export const maxima: Shader<{ PLACES: boolean }> = {
  name: 'max-pool',
  workgroup: threads,
  uniforms: windowFields,
  code: ({ PLACES }) => `${head}
  var best = -infinity();
  var found = -1;
  ${eachElement(`let value = x[at];
        if (found < 0 || (!is_nan(best) && (value > best || is_nan(value)))) {
          best = value;
          found = place;
        }`)}
  y[index] = ${PLACES ? 'found' : 'best'};
}`,
};

export const maximaGradient: Shader = {
  name: 'max-pool-gradient',
  workgroup: threads,
  uniforms: windowFields,
  code: `${head}
  var sum = 0.0;
  let own = i32(index / uniforms.channels) % (d_axis.input * h_axis.input * w_axis.input);
  ${eachWindow('if (places[at] == own) { sum += dy[at]; }')}
  dx[index] = sum;
}`,
};

/** Numbers of the kinds of divisors. */
export const divisors = { elements: 0, elementsAndPadding: 1, nothing: 2 } as const;

const average = {
  ...windowFields,
  divisor: 'u32',
  factor: 'f32',
} as const;

const share = `
/** How many elements count in window o. */
fn counted(axis: Axis, o: i32) -> i32 {
  if (uniforms.divisor == ${divisors.nothing}u) { return 1; }
  if (uniforms.divisor == ${divisors.elements}u || axis.stride == 0) { return window_at(axis, o).count; }
  let start = o * axis.stride - axis.before;
  return min(start + axis.size, axis.input + axis.before) - start;
}
fn share(d: i32, h: i32, w: i32) -> f32 {
  return uniforms.factor / (f32(counted(axis_d(), d)) * f32(counted(axis_h(), h)) * f32(counted(axis_w(), w)));
}`;

export const means: Shader = {
  name: 'average-pool',
  workgroup: threads,
  uniforms: average,
  code: `${head.replace('fn compute', () => `${share}\nfn compute`)}
  var sum = 0.0;
  ${eachElement('sum += x[at];')}
  y[index] = sum * share(o.d, o.h, o.w);
}`,
};

export const meansGradient: Shader = {
  name: 'average-pool-gradient',
  workgroup: threads,
  uniforms: average,
  code: `${head.replace('fn compute', () => `${share}\nfn compute`)}
  var sum = 0.0;
  ${eachWindow('sum += dy[at] * share(d, h, w);')}
  dx[index] = sum;
}`,
};
