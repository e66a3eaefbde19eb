import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';

/** An archive that can be fetched, until it is closed. */
export interface ServedArchive extends AsyncDisposable {
  readonly url: string;
  /** What is fetched from now on instead; null: there is never an answer. */
  replace(content: Uint8Array | null): void;
  /** What was served at first. */
  restore(): void;
}

export interface ServedBundle extends ServedArchive {
  readonly sha256: string;
}

/** Makes a bundle of one program and serves it on loopback. */
export async function serveBundle(folder: string, program: string): Promise<ServedBundle> {
  const content = path.join(folder, 'bundle');
  const archive = path.join(folder, 'bundle.tar.gz');
  await mkdir(content, { recursive: true });
  await writeFile(path.join(content, 'worker.js'), program);
  await promisify(execFile)('tar', ['-czf', archive, '-C', content, 'worker.js']);
  const bundle = await readFile(archive);
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  return { ...(await serveArchive(bundle)), sha256 };
}

/** Serves an archive on loopback. */
export async function serveArchive(archive: Uint8Array): Promise<ServedArchive> {
  let served: Uint8Array | null = archive;
  const server = createServer((_, response) => {
    if (served !== null) response.end(served);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return {
    url: `http://127.0.0.1:${address.port}/archive.tar.gz`,
    replace(other) {
      served = other;
    },
    restore() {
      served = archive;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Does what its user data says: `end` at once, anything else waits for ever. */
export const tinyWorkerProgram = `
const { readFileSync } = require('node:fs');
const folder = process.argv[process.argv.indexOf('--instance') + 1];
if (readFileSync(folder + '/user-data', 'utf8') !== 'end') setInterval(() => undefined, 60000);
`;
