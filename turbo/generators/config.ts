import type { PlopTypes } from '@turbo/gen';
import { nameProblem, newPackage } from './new-package.js';

/** `npm run new:package -- NAME` */
export default function generators(plop: PlopTypes.NodePlopAPI): void {
  const root = plop.getDestBasePath();
  plop.setGenerator('package', {
    description: 'a modality package with the common skeleton, a first model, a task, data, tests and a page',
    prompts: [
      {
        type: 'input',
        name: 'name',
        message: 'What is the package called?',
        validate: (name: string) => nameProblem(root, name) ?? true,
      },
    ],
    actions: [
      async (answers) => {
        const { name } = answers as { name: string };
        const written = await newPackage(root, name);
        return [
          `${written.join(', ')}`,
          `now: npm ci && npm test, or try it: npm run hourglass -- train ${name}-autoencoder --run runs/${name}`,
        ].join('\n   ');
      },
    ],
  });
}
