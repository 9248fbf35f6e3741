export { selectiveScan, selectiveScanWithState, type SelectiveScanOptions } from './selective-scan.js';
