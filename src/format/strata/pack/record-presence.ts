import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import { BoundedCache } from '../cache/bounded-cache.ts';
import type { SessionKeyring } from '../keys/session-keyring.ts';
import type { RecordRef } from '../map/record-ref.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import type { PackSizes } from './pack-sizes.ts';

/** Sessions whose keys were looked at: the records of one map are from as many as it has ancestors. */
const cachedSessionsMax = 100_000;

/**
 * Whether records that others wrote can still be read, as far as one listing and one small get for
 * each of their sessions tell: that they are where they should be, and that their key opens.
 */
export class RecordPresence {
  readonly #packSizes: PackSizes;
  readonly #keyring: SessionKeyring;
  readonly #keyProblems = new BoundedCache<SessionId, string | null>(cachedSessionsMax);

  constructor(packSizes: PackSizes, keyring: SessionKeyring) {
    this.#packSizes = packSizes;
    this.#keyring = keyring;
  }

  /** Why the record cannot be read, or null when nothing speaks against it. */
  async problemOf(ref: RecordRef): Promise<string | null> {
    const { sessionId } = ref.pack;
    const known = this.#keyProblems.get(sessionId);
    const keyProblem = known === undefined ? await this.#keyProblemOf(sessionId) : known;
    return keyProblem ?? (await this.#packSizes.problemOf(ref));
  }

  async #keyProblemOf(sessionId: SessionId): Promise<string | null> {
    let problem: string | null = null;
    try {
      await this.#keyring.keysOf(sessionId);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_CORRUPT')) throw error;
      problem = `its key ${sessionKeyKey(sessionId)} is missing or damaged`;
    }
    this.#keyProblems.set(sessionId, problem);
    return problem;
  }
}
