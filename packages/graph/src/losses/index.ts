export { edgeReconstructionLoss, fullReconstructionLoss } from './edge-reconstruction.js';
