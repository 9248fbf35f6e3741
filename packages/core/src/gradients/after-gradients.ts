import * as tf from '@tensorflow/tfjs-core';

/** Something that holds memory. */
interface Resource {
  dispose(): void;
}

/** What goes when a tape does. */
const held = new WeakMap<object, Resource[]>();

/**
 * Frees what a forward pass made for itself and its gradients still need: at once where no gradients are being recorded, otherwise when
 * they have been computed. For structures that operations only close over (`Segments`, `Adjacency`), made from values that
 * are known in the forward pass only. Call it when the forward pass needs them no more.
 */
export function disposeAfterGradients(resource: Resource): void {
  const engine = tf.engine();
  if (!engine.isTapeOn()) {
    resource.dispose();
    return;
  }
  const tape = engine.state.activeTape;
  const resources = held.get(tape);
  if (resources !== undefined) {
    resources.push(resource);
    return;
  }
  held.set(tape, [resource]);
  // a node that nothing leads to: TFJS frees what it "saved" together with the tape
  tape.push({
    id: engine.state.nextTapeNodeId++,
    kernelName: 'DisposeAfterGradients',
    inputs: {},
    outputs: [],
    saved: [{ dispose: () => tapeEnded(tape) } as tf.Tensor],
  });
}

/** Frees what was to be freed with this tape. */
export function tapeEnded(tape: object): void {
  for (const resource of held.get(tape) ?? []) resource.dispose();
  held.delete(tape);
}
