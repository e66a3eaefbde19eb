import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const isClone = import.meta.url.endsWith('.ts');

/** Many times what a bundle is. */
const bundleMaxBytes = 64 * 1024 * 1024;

/**
 * The program of a worker as one archive, of the same version as this engine. The installed package
 * has it; in a clone it is made of the sources as they are.
 */
export async function readWorkerBundle(): Promise<Uint8Array> {
  if (!isClone) return await readFile(new URL('../../worker-bundle.tar.gz', import.meta.url));
  const builder = fileURLToPath(new URL('../../../tools/worker-bundle/main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--experimental-import-meta-resolve', builder],
    { encoding: 'buffer', maxBuffer: bundleMaxBytes },
  );
  return stdout;
}
