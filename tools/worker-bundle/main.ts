/**
 * Writes the bundle of the worker to standard output:
 *
 *     node --experimental-import-meta-resolve tools/worker-bundle/main.ts ENTRY
 *
 * ENTRY is `src/worker/main.ts` in a clone and `dist/worker/main.js` for the package.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWorkerBundle } from './build-worker-bundle.ts';

const root = path.resolve(fileURLToPath(import.meta.url), '../../..');
const [entry = 'src/worker/main.ts'] = process.argv.slice(2);
process.stdout.write(await buildWorkerBundle(root, entry));
