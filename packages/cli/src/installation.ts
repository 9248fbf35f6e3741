import { useBackend } from '@hourglass/core';
import type { TaskPackage } from './discover.js';

/** What `hourglass info` prints: versions, the backend that would be used and why, installed packages and their tasks. */
export async function describeInstallation(packages: readonly TaskPackage[]): Promise<string[]> {
  const { reason, rejected } = await useBackend('auto');
  return [
    `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
    `backend  ${reason}`,
    ...rejected.map(({ name, why }) => `  ${name}: ${why}`),
    packages.length === 0
      ? 'no package with tasks is installed; for example: npm install @hourglass/vision'
      : 'packages',
    ...packages.flatMap(({ name, version, tasks }) => [
      `  ${name} ${version}`,
      ...tasks.map((task) => `    ${task.name}: ${task.description} (${Object.keys(task.commands).join(', ')})`),
    ]),
  ];
}
