export { sceneClasses } from './classes.js';
export * from './dataset.js';
export { generateScene, sceneAt, type SceneSize } from './scene.js';
