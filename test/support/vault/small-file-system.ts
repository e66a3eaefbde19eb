import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** A file system in memory with little room. */
export interface SmallFileSystem extends AsyncDisposable {
  readonly path: string;
  /** Gives it more room, or less. */
  readonly resize: (sizeBytes: number) => Promise<void>;
}

/** @param inodesMax files and folders that it has room for, its own one included; default: more than a test makes */
export async function mountSmallFileSystem(
  sizeBytes: number,
  { inodesMax = 10_000 }: { readonly inodesMax?: number } = {},
): Promise<SmallFileSystem> {
  const folder = await makeTemporaryFolder();
  const options = `size=${sizeBytes},nr_inodes=${inodesMax}`;
  await run('mount', ['-t', 'tmpfs', '-o', options, 'snapledger-test', folder.path]);
  return {
    path: folder.path,
    resize: async (newSizeBytes) => {
      await run('mount', ['-o', `remount,size=${newSizeBytes}`, folder.path]);
    },
    async [Symbol.asyncDispose]() {
      await run('umount', [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Why none can be mounted here, or false. */
export async function whyNoSmallFileSystem(): Promise<string | false> {
  try {
    await using fileSystem = await mountSmallFileSystem(1024 * 1024);
    await fileSystem.resize(2 * 1024 * 1024);
    return false;
  } catch {
    return 'mounting a small file system takes root';
  }
}
