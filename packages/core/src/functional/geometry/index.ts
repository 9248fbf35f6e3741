export { chamferDistance, nearestDistances, nearestPoints } from './nearest.js';
