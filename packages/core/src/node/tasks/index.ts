// `@hourglass/core/tasks`: what the tasks of every package in the `hourglass` command share; Node only
export * from './evaluate-command.js';
export * from './info-command.js';
export * from './models.js';
export * from './options.js';
export * from './run-folder.js';
export * from './train-command.js';
