/** A tuple; lists are arrays. */
export class PickledTuple {
  constructor(readonly items: readonly Pickled[]) {}
}

/** Text of Python 2 and bytes of Python 3, which may be the numbers of an array. A view of the file. */
export type PickledBytes = Uint8Array;

/** A class or function by name. It is never called: a few known ones stand for data. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

/** An object of a known class with its state. */
export class PickledObject {
  state: Pickled = null;
  constructor(
    readonly type: string,
    readonly args: readonly Pickled[],
  ) {}
}

export type Pickled =
  | null
  | boolean
  | number
  | string
  | PickledBytes
  | PickledTuple
  | PickledGlobal
  | PickledObject
  | Pickled[]
  | Map<Pickled, Pickled>;
