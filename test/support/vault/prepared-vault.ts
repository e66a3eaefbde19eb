import path from 'node:path';
import { backUp, recorded } from './back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from './disk-image.ts';
import { addTestInstance, copyVault, makeTestVault, type TestPolicy } from './make-test-vault.ts';
import { openTestVault } from './open-test-vault.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import type { SnapshotId } from '../../../src/domain/identifiers.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';

/** A vault with one backup of a disk that has changed since; each test works on a copy of it. */
export interface PreparedVault extends AsyncDisposable {
  /** For whatever a test needs besides its vault. */
  readonly temporaryFolder: string;
  readonly diskPath: string;
  /** Digest of the disk as it is now, and as the backup found it. */
  readonly diskDigest: string;
  readonly oldDigest: string;
  /** The snapshot that the next backup is compared with. */
  readonly baseSnapshotId: SnapshotId | undefined;
  /** Makes the copy for the next test. */
  readonly copy: () => Promise<string>;
}

export interface PreparedVaultOptions {
  /** Blocks of the disk; all are data before and after. */
  readonly blocks?: number;
  /** How many of them have changed, from the first on. */
  readonly changedBlocks?: number;
  readonly policy?: TestPolicy;
}

export async function prepareVault({
  blocks = 4,
  changedBlocks = 2,
  policy = {},
}: PreparedVaultOptions = {}): Promise<PreparedVault> {
  const temporary = await makeTemporaryFolder();
  const diskPath = path.join(temporary.path, 'disk.img');
  await makeDisk(
    diskPath,
    Array.from({ length: blocks }, (_, index) => `before ${index}`),
  );
  const oldDigest = await sha256OfFile(diskPath);
  const folder = await makeTestVault(temporary.path);
  await using vault = await openTestVault(folder);
  await addTestInstance(vault, [diskPath], policy);
  const base = await backUp(vault.engine);
  for (let index = 0; index < changedBlocks; index += 1) {
    await writeBlock(diskPath, index, noise(`after ${index}`, blockSizeBytes));
  }
  let copies = 0;
  return {
    temporaryFolder: temporary.path,
    diskPath,
    diskDigest: await sha256OfFile(diskPath),
    oldDigest,
    baseSnapshotId: recorded(base, 'SnapshotTaken')[0]?.snapshots[0]?.snapshotId,
    copy: () => {
      copies += 1;
      return copyVault(folder, path.join(temporary.path, `copy-${copies}`));
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
