/** Numbers of a cloud that a workgroup holds at a time. */
const room = 2048;

/** The most dimensions that points may have for {@link eachPoint}. */
export const mostDimensions = room;

/** 3 dimensions have shaders of their own; 0 stands for any number, given by the uniform `dimensions`. */
export function compiledDimensions(dimensions: number): number {
  return dimensions === 3 ? dimensions : 0;
}

/** WGSL of the number of dimensions. */
export function dimensionsText(compiled: number): string {
  return compiled === 0 ? 'uniforms.dimensions' : `${compiled}u`;
}

/** WGSL at the level of the module that {@link eachPoint} needs. */
export const cloudMemory = `var<workgroup> held: array<f32, ${room}>;`;

interface EachPoint {
  readonly threads: number;
  /** Of {@link compiledDimensions}. */
  readonly dimensions: number;
  /** The array with the point that distances are taken from, and where it begins. */
  readonly points: string;
  readonly from: string;
  /** The array with the cloud, where it begins, and how many points it has. */
  readonly cloud: string;
  readonly first: string;
  readonly count: string;
}

/**
 * WGSL that goes through the points of a cloud, which the `threads` invocations of a workgroup read together: with each, `body` has its
 * number `candidate` and its squared `distance`. To stand in uniform control flow.
 */
export function eachPoint({ threads, dimensions, points, from, cloud, first, count }: EachPoint, body: string): string {
  const size = dimensionsText(dimensions);
  return `
  let held_most = ${room}u / ${size};
  for (var held_first = 0u; held_first < ${count}; held_first += held_most) {
    let held_count = min(held_most, ${count} - held_first);
    let held_start = ${first} + held_first * ${size};
    workgroupBarrier();
    for (var i = local; i < held_count * ${size}; i += ${threads}u) { held[i] = ${cloud}[held_start + i]; }
    workgroupBarrier();
    for (var held_at = 0u; held_at < held_count; held_at++) {
      let candidate = held_first + held_at;
      var distance = 0.0;
      for (var d = 0u; d < ${size}; d++) {
        let step = ${points}[${from} + d] - held[held_at * ${size} + d];
        distance += step * step;
      }
      ${body}
    }
  }`;
}
