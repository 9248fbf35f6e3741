import { check } from '@hourglass/core';

/** Whole numbers as lists or typed arrays. */
export type NumberList = ArrayLike<number>;

/** Largest number of nodes or edges: ids are 32-bit integers. */
const most = 2 ** 31 - 1;

export function checkCount(what: string, count: number): void {
  check(
    Number.isInteger(count) && count >= 0 && count <= most,
    () => `${what} must be a whole number from 0 to ${most}, got ${count}`,
  );
}

/** Ends of edges as int32; a typed array is taken over. @throws InvalidArgumentError for an end that is no node, naming its edge */
export function checkedEdgeIndex(
  what: string,
  edgeIndex: readonly [NumberList, NumberList],
  [sources, destinations]: readonly [number, number],
): readonly [Int32Array, Int32Array] {
  check(
    edgeIndex.length === 2 && edgeIndex[0].length === edgeIndex[1].length,
    () =>
      `${what} must be two equally long lists, sources and destinations; got ` +
      Array.from(edgeIndex, (list) => list.length).join(' and '),
  );
  return [ends(what, 'starts at', edgeIndex[0], sources), ends(what, 'leads to', edgeIndex[1], destinations)];
}

function ends(what: string, verb: string, list: NumberList, nodes: number): Int32Array {
  const ids = list instanceof Int32Array ? list : Int32Array.from(list);
  for (let e = 0; e < ids.length; e++) {
    const id = ids[e]!;
    if (id === list[e] && id >= 0 && id < nodes) continue;
    const rule = !Number.isInteger(list[e])
      ? 'ids of nodes are whole numbers'
      : nodes === 0
        ? 'there are no nodes'
        : `there are ${nodes} nodes, 0 to ${nodes - 1}${list[e] === nodes ? '; does the file count from 1?' : ''}`;
    check(false, `${what}: edge ${e} ${verb} node ${list[e]}, but ${rule}`);
  }
  return ids;
}

/** Which nodes, as bytes 0 and 1. */
export type MaskLike = Uint8Array | readonly boolean[];

export function checkedMask(what: string, mask: MaskLike, count: number): Uint8Array {
  const bytes = mask instanceof Uint8Array ? mask : Uint8Array.from(mask, Number);
  check(
    bytes.length === count,
    () =>
      `${what} needs a value for each of ${count} nodes, it has ${bytes.length}; maskOf() makes one of a list of nodes`,
  );
  const odd = bytes.findIndex((byte) => byte > 1);
  check(odd < 0, () => `${what}: node ${odd} has ${bytes[odd]}; a mask holds 0 and 1`);
  return bytes;
}

/** A mask with 1 for the nodes listed. @throws InvalidArgumentError for a node that is not there */
export function maskOf(nodes: NumberList, count: number): Uint8Array {
  const mask = new Uint8Array(count);
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    check(Number.isInteger(node) && node >= 0 && node < count, () => `no node ${node} among ${count}`);
    mask[node] = 1;
  }
  return mask;
}

/** The nodes whose mask is 1, in order. */
export function nodesIn(mask: Uint8Array): Int32Array {
  const nodes = new Int32Array(mask.length);
  let count = 0;
  for (let node = 0; node < mask.length; node++) if (mask[node] === 1) nodes[count++] = node;
  return nodes.slice(0, count);
}

/** A finite number for each edge. @throws InvalidArgumentError */
export function checkedWeights(what: string, list: NumberList, count: number): Float32Array {
  check(list.length === count, () => `${what} needs a number for each of ${count} edges, it has ${list.length}`);
  checkFinite(what, list, (at) => `edge ${at}`);
  return list instanceof Float32Array ? list : Float32Array.from(list);
}

/** @throws InvalidArgumentError at the first NaN or infinity; `where` says what is at a place */
export function checkFinite(what: string, values: NumberList, where: (at: number) => string): void {
  for (let i = 0; i < values.length; i++) {
    // as float32, in which what is too large becomes infinite
    if (!Number.isFinite(Math.fround(values[i]!))) {
      check(false, `${what}: ${where(i)} is ${values[i]}; it must be a finite float32`);
    }
  }
}

/** Classes or types from 0 on as int32; `lowest` -1 allows for none. */
export function checkedClasses(what: string, list: NumberList, count: number, lowest: 0 | -1, of: string): Int32Array {
  check(list.length === count, () => `${what} needs a number for each of ${count} ${of}s, it has ${list.length}`);
  const classes = list instanceof Int32Array ? list : Int32Array.from(list);
  for (let i = 0; i < count; i++) {
    if (classes[i] !== list[i] || classes[i]! < lowest) {
      const rule = lowest === 0 ? 'a whole number from 0 on' : 'a whole number from 0 on, or -1 for none';
      check(false, `${what}: ${of} ${i} has ${list[i]}; it must be ${rule}`);
    }
  }
  return classes;
}

/** Most classes or relations that are there because a large number occurs. */
const mostClasses = 2 ** 20;

/** One more than the largest, or `given`, which must be enough. @throws InvalidArgumentError for a larger number than there will be classes */
export function classCount(what: string, classes: Int32Array | null, given: number | undefined): number {
  let largest = -1;
  if (classes !== null) for (const value of classes) if (value > largest) largest = value;
  check(
    given !== undefined || largest < mostClasses,
    () => `number ${largest} occurs among the ${what}; number them 0, 1, 2, …, or say how many there are`,
  );
  if (given === undefined) return largest + 1;
  checkCount(`the number of ${what}`, given);
  check(largest < given, () => `there are ${given} ${what}, but number ${largest} occurs; the numbers begin at 0`);
  return given;
}

/** @throws InvalidArgumentError when there are names, but not one for each */
export function checkNames(what: string, names: readonly string[] | null, count: number): void {
  check(names === null || names.length === count, () => `${what}: ${names!.length} names for ${count}`);
}
