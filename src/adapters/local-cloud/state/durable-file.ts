import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { PartialNames } from './partial-names.ts';

/** Only the vault's owner reads the cloud's state. */
const fileMode = 0o600;

/** Makes what was created, renamed or removed in `folder` survive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a new file and its bytes to the disk; its name needs a `syncFolder` still. */
export async function writeNewFile(file: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', fileMode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts `content` in the place of `file`: at every moment it holds the old or the new content. */
export async function replaceFile(
  file: string,
  content: string,
  partials: PartialNames,
): Promise<void> {
  const folder = path.dirname(file);
  const partial = path.join(folder, partials.next());
  try {
    await writeNewFile(partial, content);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(folder);
}
