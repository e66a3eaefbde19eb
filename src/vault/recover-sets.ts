import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { type RecoveredSets, recoveredSets } from '../engine/reconcile/recovered-sets.ts';
import { noFormats, openRepositoryIn } from './formats.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { openVaultRegion } from './open-vault-region.ts';
import type { RecoverSetsOptions } from './vault-options.ts';
import { repositoryLocation } from './vault-repository.ts';

/**
 * Lists the snapshot sets and replicas of a region from their tags alone: neither a vault nor a
 * ledger is needed, only the repository's header and its passphrase. Nothing is changed.
 *
 * @throws NOT_A_REPOSITORY, WRONG_PASSPHRASE, CLOUD_ACCESS_DENIED, CLOUD_UNAVAILABLE
 */
export async function recoverSets(options: RecoverSetsOptions): Promise<RecoveredSets> {
  const { objectStore, close } = await openVaultObjectStore(
    repositoryLocation('', options.repository),
  );
  try {
    const repository = await openRepositoryIn(
      {
        objectStore,
        secret: { kind: 'passphrase', passphrase: options.passphrase },
        random: systemRandom,
        clock: systemClock,
      },
      options.formats ?? noFormats,
    );
    try {
      const region = await openVaultRegion(repository, {
        region: options.region,
        account: options.account ?? null,
      });
      try {
        return recoveredSets(await region.inventory.list([]));
      } finally {
        region.close();
      }
    } finally {
      await repository.close();
    }
  } finally {
    close();
  }
}
