import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** A folder that is removed with everything in it at the end of its scope. */
export function makeTemporaryFolder(): Promise<TemporaryFolder> {
  return makeFolderIn(os.tmpdir());
}

/**
 * The same where nothing has to reach a disk, if the system has such a place: for tests of what is written, not
 * of what a crash leaves of it. What is put there takes memory.
 */
export function makeFolderInMemory(): Promise<TemporaryFolder> {
  return makeFolderIn(isWritable(memoryFolder) ? memoryFolder : os.tmpdir());
}

const memoryFolder = '/dev/shm';

async function makeFolderIn(parent: string): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(parent, 'snapledger-vault-'));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
