import { elementwiseShader } from '../../webgpu/elementwise.js';
import { windowFields, windowLibrary } from './windows-wgsl.js';

const head = `
  let d_axis = axis_d();
  let h_axis = axis_h();
  let w_axis = axis_w();
  let channels = i32(uniforms.channels);`;

/** An invocation for each window: over its elements, in order, whose number in the input is \`at\` and in the plane \`place\`. */
const eachElement = (body: string): string => `
  let o = place_of(i, d_axis.output, h_axis.output, w_axis.output);
  let ds = window_at(d_axis, o.d);
  let hs = window_at(h_axis, o.h);
  let ws = window_at(w_axis, o.w);
  for (var l = 0; l < ds.count; l++) {
    let d = ds.first + l * ds.step;
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
  let e = place_of(i, d_axis.input, h_axis.input, w_axis.input);
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
export const maxima = elementwiseShader<{ PLACES: boolean }>({
  name: 'max-pool',
  uniforms: windowFields,
  declarations: windowLibrary,
  body: ({ PLACES }) => `${head}
  var best = -infinity();
  var found = -1;
  ${eachElement(`let value = x[at];
        if (found < 0 || (!is_nan(best) && (value > best || is_nan(value)))) {
          best = value;
          found = place;
        }`)}
  y[i] = ${PLACES ? 'found' : 'best'};`,
});

export const maximaGradient = elementwiseShader({
  name: 'max-pool-gradient',
  uniforms: windowFields,
  declarations: windowLibrary,
  body: `${head}
  var sum = 0.0;
  let own = i32(i / uniforms.channels) % (d_axis.input * h_axis.input * w_axis.input);
  ${eachWindow('if (places[at] == own) { sum += dy[at]; }')}
  dx[i] = sum;`,
});

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

export const means = elementwiseShader({
  name: 'average-pool',
  uniforms: average,
  declarations: `${windowLibrary}${share}`,
  body: `${head}
  var sum = 0.0;
  ${eachElement('sum += x[at];')}
  y[i] = sum * share(o.d, o.h, o.w);`,
});

export const meansGradient = elementwiseShader({
  name: 'average-pool-gradient',
  uniforms: average,
  declarations: `${windowLibrary}${share}`,
  body: `${head}
  var sum = 0.0;
  ${eachWindow('sum += dy[at] * share(d, h, w);')}
  dx[i] = sum;`,
});
