import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * An archive like those of nodejs.org, but that its `bin/node` only starts the Node of the test.
 *
 * @param before a command for the shell that it runs first
 */
export async function makeNodeArchive(folder: string, before = ':'): Promise<string> {
  const name = 'node-v24.15.0-linux-x64';
  const bin = path.join(folder, name, 'bin');
  await mkdir(bin, { recursive: true });
  const node = path.join(bin, 'node');
  await writeFile(node, `#!/bin/sh\n${before}\nexec '${process.execPath}' "$@"\n`);
  await chmod(node, 0o755);
  const archive = path.join(folder, `${name}.tar.gz`);
  await promisify(execFile)('tar', ['-czf', archive, '-C', folder, name]);
  return archive;
}
