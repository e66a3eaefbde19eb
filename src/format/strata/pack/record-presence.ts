import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import { sessionKeyProblem } from '../keys/session-key-problem.ts';
import type { SessionKeyring } from '../keys/session-keyring.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { type PackSizes, problemInPack } from './pack-sizes.ts';

const limits = {
  /** Sessions whose keys were looked at: the records of one map are from as many as it has ancestors. */
  cachedSessionsMax: 100_000,
  /** Sessions asked for at a time, so that a distant store is not waited for twice for each of them. */
  sessionsAtOnce: 16,
} as const;

export interface RecordProblem {
  readonly ref: RecordRef;
  /** What is at fault: the pack of the record, or the key of its session. */
  readonly objectKey: ObjectKey;
  readonly reason: string;
}

interface PackFacts {
  readonly pack: PackRef;
  readonly keyProblem: string | null;
  readonly sizeBytes: number | null;
}

/**
 * Whether records can be read, as far as one listing and one small get for each of their sessions
 * tell: that they are where they should be, and that their key opens.
 */
export class RecordPresence {
  readonly #packSizes: PackSizes;
  readonly #keyring: SessionKeyring;
  readonly #keyProblems = new BoundedCache<SessionId, string | null>(limits.cachedSessionsMax);
  /** What is to be known of a pack is asked once for records that lie in it one after the other. */
  #last: PackFacts | null = null;

  constructor(packSizes: PackSizes, keyring: SessionKeyring) {
    this.#packSizes = packSizes;
    this.#keyring = keyring;
  }

  /** Why the record cannot be read, or null when nothing speaks against it. */
  async problemOf(ref: RecordRef): Promise<RecordProblem | null> {
    const { pack, keyProblem, sizeBytes } = await this.#factsOf(ref.pack);
    if (keyProblem !== null) {
      return { ref, objectKey: sessionKeyKey(pack.sessionId), reason: keyProblem };
    }
    const reason = problemInPack(ref, sizeBytes);
    return reason === null ? null : { ref, objectKey: pack.key, reason };
  }

  /** The first of the records that cannot be read, and why; null when nothing speaks against any. */
  async problemAmong(refs: readonly RecordRef[]): Promise<RecordProblem | null> {
    await this.#learnAboutPacksOf(refs);
    for (const ref of refs) {
      const problem = await this.problemOf(ref);
      if (problem !== null) return problem;
    }
    return null;
  }

  async #learnAboutPacksOf(refs: readonly RecordRef[]): Promise<void> {
    const packs = new Map(refs.map(({ pack }) => [pack.sessionId, pack]));
    const unknown = [...packs.values()].filter(
      ({ sessionId }) => this.#keyProblems.get(sessionId) === undefined,
    );
    for (let done = 0; done < unknown.length; done += limits.sessionsAtOnce) {
      await Promise.all(
        unknown
          .slice(done, done + limits.sessionsAtOnce)
          .flatMap((pack) => [this.#keyProblemOf(pack.sessionId), this.#packSizes.sizeOf(pack)]),
      );
    }
  }

  async #factsOf(pack: PackRef): Promise<PackFacts> {
    if (this.#last?.pack === pack) return this.#last;
    const keyProblem = await this.#keyProblemOf(pack.sessionId);
    const facts = { pack, keyProblem, sizeBytes: await this.#packSizes.sizeOf(pack) };
    this.#last = facts;
    return facts;
  }

  async #keyProblemOf(sessionId: SessionId): Promise<string | null> {
    const known = this.#keyProblems.get(sessionId);
    if (known !== undefined) return known;
    let problem: string | null = null;
    try {
      await this.#keyring.keysOf(sessionId);
    } catch (error) {
      problem = sessionKeyProblem(error);
      if (problem === null) throw error;
    }
    this.#keyProblems.set(sessionId, problem);
    return problem;
  }
}
