import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import { BoundedCache } from '../cache/bounded-cache.ts';
import type { SessionKeyring } from '../keys/session-keyring.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { type PackSizes, problemInPack } from './pack-sizes.ts';

/** Sessions whose keys were looked at: the records of one map are from as many as it has ancestors. */
const cachedSessionsMax = 100_000;

export interface RecordProblem {
  readonly ref: RecordRef;
  readonly problem: string;
}

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
    return (await this.problemAmong([ref]))?.problem ?? null;
  }

  /**
   * The first of the records that cannot be read, and why; null when nothing speaks against any.
   * What is to be known of a pack is asked once for records that lie in it one after the other.
   */
  async problemAmong(refs: readonly RecordRef[]): Promise<RecordProblem | null> {
    let pack: PackRef | null = null;
    let keyProblem: string | null = null;
    let packSizeBytes: number | null = null;
    for (const ref of refs) {
      if (ref.pack !== pack) {
        pack = ref.pack;
        keyProblem = await this.#keyProblemOf(pack.sessionId);
        packSizeBytes = await this.#packSizes.sizeOf(pack);
      }
      const problem = keyProblem ?? problemInPack(ref, packSizeBytes);
      if (problem !== null) return { ref, problem };
    }
    return null;
  }

  async #keyProblemOf(sessionId: SessionId): Promise<string | null> {
    const known = this.#keyProblems.get(sessionId);
    if (known !== undefined) return known;
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
