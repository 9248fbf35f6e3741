import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogueSize, collectPapers, renderPapers } from './collect.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const target = join(root, 'docs', 'papers.md');
const args = process.argv.slice(2);
const odd = args.find((argument) => argument !== '--check');
if (odd !== undefined) {
  const asked = odd === '--help' || odd === '-h';
  console[asked ? 'log' : 'error'](
    "npm run papers -- [--check]\n\nGathers every package's papers.ts into docs/papers.md; with --check only says whether it is up to date.\nExit code 1: a named export or test is missing, or (--check) the page is out of date.",
  );
  process.exit(asked ? 0 : 2);
}
const { papers, problems } = await collectPapers(root);
const page = renderPapers(papers);
for (const problem of problems) console.error(problem);
if (problems.length === 0 && args.includes('--check')) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== page) {
    console.error('docs/papers.md is out of date: run npm run papers');
    process.exitCode = 1;
  }
} else if (problems.length === 0) writeFileSync(target, page);
else process.exitCode = 1;
console.log(`${papers.length} of ${catalogueSize} papers`);
