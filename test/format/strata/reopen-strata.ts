import { unlockRepository } from '../../../src/format/strata/slots/unlock-repository.ts';
import type { RepositoryKeys } from '../../../src/format/strata/keys/repository-keys.ts';
import { createRepositoryContext } from '../../../src/format/strata/repository/repository-context.ts';
import { StrataRepository } from '../../../src/format/strata/repository/strata-repository.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { FormatBench, optionsOn } from '../../../src/conformance/format-bench.ts';
import { cheapStrata } from '../../support/format/cheap-strata.ts';

const unlocked = new Map<string, RepositoryKeys>();

/**
 * The same repository as another process sees it, through another store. Unlocks each repository
 * only once: tests open some dozens of times, and Argon2id is made to be slow.
 */
export async function reopenStrata(
  on: FormatBench,
  objectStore: ObjectStore,
): Promise<FormatBench> {
  const options = optionsOn(objectStore);
  const keys =
    unlocked.get(on.repository.id) ?? (await unlockRepository(optionsOn(on.objectStore)));
  unlocked.set(on.repository.id, keys);
  const repository = new StrataRepository(cheapStrata, createRepositoryContext(options, keys));
  return new FormatBench(objectStore, repository, cheapStrata);
}
