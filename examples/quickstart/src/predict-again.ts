import { join } from 'node:path';
import { useBackend, type BackendName } from '@hourglass/core';
import { SegmentationModel } from '@hourglass/vision';
import { decodeMask, openSegmentationDataset, predictFile } from '@hourglass/vision/node';

// Run by main.ts in a new process: loads the saved model, predicts every unseen scene again, and exits with 1 when a mask
// differs from the one on disk.
const [out, backend] = process.argv.slice(2) as [string, BackendName | 'auto'];
await useBackend(backend);
const model = await SegmentationModel.fromPretrained(join(out, 'model'));
const { files, names } = await openSegmentationDataset(join(out, 'unseen'), { split: 'all' });
for (const [i, { image }] of files.entries()) {
  const before = await decodeMask(join(out, 'predictions', `${names[i]}-mask.png`));
  const now = await predictFile(model, image);
  if (!Buffer.from(now.data).equals(Buffer.from(before.data))) {
    console.error(`${names[i]}: the masks differ`);
    process.exitCode = 1;
  }
}
