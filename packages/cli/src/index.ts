export { discoverPackages, type TaskPackage } from './discover.js';
export { buildProgram, main } from './program.js';
