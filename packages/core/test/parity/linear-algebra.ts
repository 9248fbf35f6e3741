import * as tf from '@tensorflow/tfjs-core';
import { functional as F } from '@hourglass/core';
import { opAdapter, type ParityAdapter } from '@hourglass/core/testing';

// The cases say little about their arguments; those used here are what makes the saved outputs.
export const adapters: ParityAdapter[] = [
  opAdapter({
    linear: () => ({
      forward: ({ x, w, c }) => ({ y: F.linear(x!, tf.transpose(w!), c ?? null) }),
    }),
    matmul: () => ({ forward: ({ x, w }) => ({ y: tf.matMul(x!, w!) }) }),
    baddbmm: ({ args }) => ({
      forward: ({ c, x, w }) => ({
        y: F.baddbmm(c!, x!, w!, { beta: args['beta'] as number, alpha: args['alpha'] as number }),
      }),
    }),
    'cholesky, inverse, solve, det': () => ({
      forward: ({ x, b }) => ({
        chol: F.cholesky(x!),
        inv: F.inverse(x!),
        solve: F.solve(x!, b!),
        logdet: F.logdet(x!),
      }),
    }),
    'eigvalsh, svdvals': () => ({ forward: ({ x }) => ({ e: F.eigvalsh(x!), s: F.svdvals(x!) }) }),
    'topk, sort, kthvalue': ({ args }) => ({
      forward: ({ x }) => {
        const top = F.topk(x!, args['k'] as number);
        const sorted = F.sort(x!);
        return {
          v: top.values,
          i: top.indices,
          s: sorted.values,
          si: sorted.indices,
          med: F.median(x!).values,
        };
      },
    }),
    'gather, scatter_add, index_add': () => ({
      forward: ({ x, i, s }) => ({
        g: F.gather(x!, 1, i!),
        sa: F.scatterAdd(x!, 1, i!, s!),
        mean: F.scatterReduce(x!, 1, i!, s!, 'mean'),
        amax: F.scatterReduce(x!, 1, i!, s!, 'amax'),
      }),
    }),
    reductions: () => ({
      forward: ({ x }) => ({
        amax: tf.max(x!, 1),
        lse: F.logsumexp(x!, [0, 1]),
        norm: F.vectorNorm(x!, { dims: [0, 2] }),
        prod: tf.prod(x!, 1),
        std0: F.std(x!, { dims: 1, correction: 0 }),
        var: F.variance(x!, { dims: 1 }),
      }),
    }),
    'where, clamp, masked_fill': () => ({
      forward: ({ x, y }) => ({
        w: tf.where(tf.greater(x!, 0), x!, y!),
        c: F.clamp(x!, { min: -0.5, max: 0.7 }),
        m: F.maskedFill(x!, tf.greater(y!, 0), -2),
        mx: tf.maximum(x!, y!),
      }),
    }),
    'roll, flip, tril, repeat_interleave': () => ({
      forward: ({ x }) => {
        const [n, m] = x!.shape as [number, number];
        return {
          r: F.roll(x!, [1, -1], [0, 1]),
          f: F.flip(x!, 0),
          t: F.tril(x!, -1),
          u: F.triu(x!, 1),
          ri: F.repeatInterleave(x!, 2, 1),
          kr: F.kron(tf.slice(x!, [0, 0], [2, 2]), tf.slice(x!, [2, 2], [n - 2, m - 2])),
        };
      },
    }),
    'bucketize, searchsorted, histc': () => ({
      forward: ({ x, b }) => {
        const a = F.bucketize(x!, b!);
        return { a, r: F.searchsorted(b!, x!, { right: true }), bc: F.bincount(a, { minLength: b!.size + 1 }) };
      },
    }),
  }),
];
