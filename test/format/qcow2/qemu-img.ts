import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const documentation = new URL('../../../docs/qcow2.md', import.meta.url);

/** Whether the programs are here that need nothing of ours to read an image. */
export async function canReadImages(): Promise<boolean> {
  try {
    await run('qemu-img', ['--version']);
    await run('jq', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** What `qemu-img` prints; it fails when the program says that something is wrong. */
export async function qemuImg(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('qemu-img', args);
  return stdout;
}

/** Takes the images of a point out of a repository on disk, with the script of the documentation. */
export async function unpackImages(options: {
  readonly repository: string;
  readonly instanceId: string;
  readonly pointId: string;
  readonly folder: string;
}): Promise<void> {
  const { repository, instanceId, pointId, folder } = options;
  const text = await readFile(documentation, 'utf8');
  const script = /```sh\n(#!\/bin\/sh\n# images\.sh [^]*?)```/.exec(text)?.[1];
  if (script === undefined) throw new Error('docs/qcow2.md has no script images.sh');
  const file = join(folder, 'images.sh');
  await writeFile(file, script);
  await run('sh', [file, repository, instanceId, pointId, folder]);
}
