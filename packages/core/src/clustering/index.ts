export { kMeans, type KMeansOptions, type KMeansResult } from './k-means.js';
export { linearAssignment } from './linear-assignment.js';
