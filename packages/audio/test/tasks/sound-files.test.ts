import { expect, it } from 'vitest';
import { partReporter } from '../../src/tasks/sound-files.js';

it('says how far a long sound is, every few seconds and not of the end', () => {
  let time = 0;
  const lines: string[] = [];
  const report = partReporter(
    'a.wav',
    (line) => lines.push(line),
    () => time,
  );
  for (let done = 1; done <= 10; done++) {
    // the first part is slow
    time += done === 1 ? 20_000 : 2000;
    report(done, 10);
  }
  expect(lines).toEqual(['a.wav: 4 of 10 parts, about 12 s left', 'a.wav: 7 of 10 parts, about 6 s left']);
});
