export { EGNNConv, type EGNNConvOptions, type EquivariantState } from './egnn-conv.js';
