import { GaussianBottleneck, IdentityBottleneck, type Bottleneck } from '@hourglass/core';

/** What can stand between encoder and decoder, by name; each takes the numbers that are left of a step. */
export const bottlenecks = {
  /** A plain autoencoder. */
  identity: (latent) => new IdentityBottleneck(latent),
  /** A variational one. */
  gaussian: (latent) => new GaussianBottleneck(latent, { beta: 1e-3 }),
} as const satisfies Readonly<Record<string, (latent: number) => Bottleneck>>;

export type BottleneckName = keyof typeof bottlenecks;

export const bottleneckNames = Object.keys(bottlenecks) as readonly BottleneckName[];
