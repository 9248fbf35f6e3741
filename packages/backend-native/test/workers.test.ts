import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { useBackend } from '@hourglass/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cycle, type Answer, type Task } from './support/cycles.js';

let expected: string;
const workers: Worker[] = [];

beforeAll(async () => {
  await useBackend('native');
  expected = cycle();
});
afterEach(async () => void (await Promise.all(workers.splice(0).map((worker) => worker.terminate()))));

function start(): Worker {
  const program = new URL('./support/cycles.ts', import.meta.url).href;
  // --import does not reach the module loader of a worker
  const loader = import.meta.resolve('tsx/esm/api');
  const worker = new Worker(`import('${loader}').then(({ register }) => (register(), import('${program}')))`, {
    eval: true,
    workerData: 'cycles',
    execArgv: ['--conditions=@hourglass/source'],
  });
  workers.push(worker);
  return worker;
}

async function run(worker: Worker, task: Partial<Task>): Promise<Answer> {
  worker.postMessage({ cycles: 0, leave: 0, ...task }, []);
  const [answer] = (await once(worker, 'message')) as [Answer];
  return answer;
}

const megabytes = (): number => process.memoryUsage().rss / 2 ** 20;

describe('in worker threads', () => {
  it('1,000 cycles in each of four at once give the same bits, and memory does not grow', async () => {
    const four = [start(), start(), start(), start()];
    await Promise.all(four.map((worker) => run(worker, { cycles: 100 })));
    const before = megabytes();
    const answers = await Promise.all(four.map((worker) => run(worker, { cycles: 1000 })));
    for (const answer of answers) expect(answer).toEqual({ digests: [expected], tensors: 0, fallbacks: 0 });
    // each cycle makes more than a megabyte
    expect(megabytes() - before).toBeLessThan(100);
  });

  it('what a worker leaves behind is freed with it', async () => {
    const life = async (): Promise<void> => {
      const worker = start();
      await run(worker, { leave: 16 * 2 ** 20 });
      await worker.terminate();
    };
    await life();
    const before = megabytes();
    for (let i = 0; i < 3; i++) await life();
    // each left 64 MB
    expect(megabytes() - before).toBeLessThan(120);
    expect(cycle()).toBe(expected);
  });
});
