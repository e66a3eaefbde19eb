import { fileURLToPath } from 'node:url';

/** In a clone the programs run as TypeScript, in the installed package as JavaScript. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The program of a worker instance. */
export function workerProgramPath(): string {
  return fileURLToPath(new URL(`../worker/main${extension}`, import.meta.url));
}
