// hourglass-max-pool|x:f32>y:i32|PLACES=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, d_input: i32, d_output: i32, d_size: i32, d_stride: i32, d_before: i32, d_dilation: i32, h_input: i32, h_output: i32, h_size: i32, h_stride: i32, h_before: i32, h_dilation: i32, w_input: i32, w_output: i32, w_size: i32, w_stride: i32, w_before: i32, w_dilation: i32, channels: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;
const PLACES = true;
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
struct Axis { input: i32, output: i32, size: i32, stride: i32, before: i32, dilation: i32 }
fn axis_d() -> Axis { return Axis(uniforms.d_input, uniforms.d_output, uniforms.d_size, uniforms.d_stride, uniforms.d_before, uniforms.d_dilation); }
fn axis_h() -> Axis { return Axis(uniforms.h_input, uniforms.h_output, uniforms.h_size, uniforms.h_stride, uniforms.h_before, uniforms.h_dilation); }
fn axis_w() -> Axis { return Axis(uniforms.w_input, uniforms.w_output, uniforms.w_size, uniforms.w_stride, uniforms.w_before, uniforms.w_dilation); }
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
/** The windows that may cover element i; whether they do, `covers` says. */
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
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let d_axis = axis_d();
  let h_axis = axis_h();
  let w_axis = axis_w();
  let channels = i32(uniforms.channels);
  var best = -infinity();
  var found = -1;
  
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
        let value = x[at];
        if (found < 0 || (!is_nan(best) && (value > best || is_nan(value)))) {
          best = value;
          found = place;
        }
      }
    }
  }
  y[i] = found;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-max-pool-gradient|dy:f32,places:i32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, d_input: i32, d_output: i32, d_size: i32, d_stride: i32, d_before: i32, d_dilation: i32, h_input: i32, h_output: i32, h_size: i32, h_stride: i32, h_before: i32, h_dilation: i32, w_input: i32, w_output: i32, w_size: i32, w_stride: i32, w_before: i32, w_dilation: i32, channels: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<i32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
struct Axis { input: i32, output: i32, size: i32, stride: i32, before: i32, dilation: i32 }
fn axis_d() -> Axis { return Axis(uniforms.d_input, uniforms.d_output, uniforms.d_size, uniforms.d_stride, uniforms.d_before, uniforms.d_dilation); }
fn axis_h() -> Axis { return Axis(uniforms.h_input, uniforms.h_output, uniforms.h_size, uniforms.h_stride, uniforms.h_before, uniforms.h_dilation); }
fn axis_w() -> Axis { return Axis(uniforms.w_input, uniforms.w_output, uniforms.w_size, uniforms.w_stride, uniforms.w_before, uniforms.w_dilation); }
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
/** The windows that may cover element i; whether they do, `covers` says. */
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
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let d_axis = axis_d();
  let h_axis = axis_h();
  let w_axis = axis_w();
  let channels = i32(uniforms.channels);
  var sum = 0.0;
  let own = i32(i / uniforms.channels) % (d_axis.input * h_axis.input * w_axis.input);
  
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
        let at = (((e.image * d_axis.output + d) * h_axis.output + h) * w_axis.output + w) * channels + e.channel;
        if (places[at] == own) { sum += dy[at]; }
      }
    }
  }
  dx[i] = sum;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
