import type { ParityAdapter } from '@hourglass/core/testing';
import { GraphUNet, graphUNetFamilies } from '@hourglass/graph';
import { nodeModelAdapter } from './models.js';

export const adapters: ParityAdapter[] = [nodeModelAdapter(graphUNetFamilies, GraphUNet.fromPretrained)];
