import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';

/** What a repository is made or opened with. */
export interface RepositoryOptions {
  readonly objectStore: ObjectStore;
  readonly secret: RepositorySecret;
  readonly random: RandomSource;
  readonly clock: Clock;
}

/** What unlocks a repository. Never logged, never stored. */
export interface RepositorySecret {
  readonly kind: 'passphrase';
  /**
   * What somebody typed: normalised to NFC by the format, and taken for a recovery key when it is
   * one of a format that has them.
   */
  readonly passphrase: string;
}
