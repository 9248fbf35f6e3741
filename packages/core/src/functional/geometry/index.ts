export { chamferDistance, knn, nearestDistances, nearestPoints, type Neighbours } from './nearest.js';
export { ballQuery, farthestPointSample, type BallQueryOptions } from './sample.js';
