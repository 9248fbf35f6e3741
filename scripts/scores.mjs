/**
 * Mean and standard deviation of the scores of several runs:
 *
 *   node scripts/scores.mjs runs/cora-gcn-*\/scores-test.json
 */
import { readFileSync } from 'node:fs';

const files = process.argv.slice(2);
if (files.length < 2) {
  console.error('usage: node scripts/scores.mjs FILE.json FILE.json …');
  process.exit(1);
}
const runs = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
for (const [name, first] of Object.entries(runs[0])) {
  if (typeof first !== 'number') continue;
  const values = runs.map((run) => run[name]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  console.log(`${name.padEnd(16)} ${mean.toFixed(4)} ± ${deviation.toFixed(4)} (${values.length} runs)`);
}
