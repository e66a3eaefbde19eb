import { resolve } from 'node:path';
import { openFilesystemObjectStore } from '../adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { LedgerProof } from '../engine/audit/ledger-proof.ts';
import { verifyLedger } from '../engine/audit/verify-ledger.ts';
import { nothingInStore } from '../engine/audit/store-contents.ts';
import { logKeysOf } from '../engine/transparency-log/log-keys.ts';
import { formatIn, noFormats } from './formats.ts';
import type { VerifyRepositoryOptions } from './vault-options.ts';

/**
 * Proves the sealed ledger of a repository by itself: no vault and no event store are needed. What
 * is wrong is in the result.
 *
 * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE; INVALID_ARGUMENT for what is no
 *   checkpoint
 */
export async function verifyRepository({
  repository: folder,
  passphrase,
  checkpoints = [],
  formats = noFormats,
}: VerifyRepositoryOptions): Promise<LedgerProof> {
  const objectStore = await openFilesystemObjectStore({ root: resolve(folder) });
  const random = systemRandom;
  const secret = { kind: 'passphrase', passphrase } as const;
  const clock = systemClock;
  const options = { objectStore, secret, random, clock };
  const { format } = await formatIn(objectStore, formats);
  const repository = await format.openRepository(options);
  try {
    return await verifyLedger({
      objectStore,
      headerKey: format.headerKey,
      random,
      clock,
      keys: await logKeysOf(repository),
      witnesses: [],
      checkpoints,
      eventStore: null,
      contents: () => Promise.resolve(nothingInStore),
      repository,
    });
  } finally {
    await repository.close();
  }
}
