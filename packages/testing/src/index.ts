export type { ParityAdapter } from '@hourglass/core/testing';
