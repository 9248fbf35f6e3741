/**
 * Steps between two states that are kept for the backward pass, which computes those between once more: a whole history of the
 * states [B, L, D, N] is never there.
 */
export const selectiveScanChunk = 32;
