import type { PointId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { StartedRepositorySession } from '../../domain/repository-session/repository-session.ts';
import type { VerificationListed } from '../../domain/repository-session/verification-listed.ts';
import { repositoryAggregate } from '../repository-session/repository-aggregate.ts';
import { verificationsCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate, Ledger } from '../ledger/ledger.ts';
import { sessionStream, verificationsStream } from '../ledger/stream-names.ts';

/** The sessions that have verified the repository, in the order in which they began. */
export const verificationsAggregate: Aggregate<readonly SessionId[], VerificationListed> = {
  catalogue: verificationsCatalogue,
  initial: [],
  evolve: (state, { data }) => [...state, data.sessionId],
};

/**
 * Lists a session that is about to look for damage.
 *
 * @throws REVISION_CONFLICT when another one is listed at the same moment
 */
export async function listVerification(ledger: Ledger, sessionId: SessionId): Promise<void> {
  const listing = await ledger.load(verificationsStream, verificationsAggregate);
  const listed = { type: 'VerificationListed', data: { sessionId } } as const;
  await ledger.append(listing, [listed], sessionId, verificationsAggregate);
}

/** What all verifications together have found out. */
export interface VerificationResults {
  /** When the data of an object was last read, by its key. */
  readonly lastChecked: ReadonlyMap<string, TimestampMs>;
  /** Points with damage that no later verification or repair found to be gone. */
  readonly damagedPoints: ReadonlySet<PointId>;
  /** The objects whose damage hurts them. */
  readonly damagedObjects: ReadonlySet<string>;
}

/** A fold over the sessions that verified or repaired the repository. */
export async function verificationResults(ledger: Ledger): Promise<VerificationResults> {
  const { state: sessions } = await ledger.load(verificationsStream, verificationsAggregate);
  const lastChecked = new Map<string, TimestampMs>();
  // Of the structure every verification checks all, of content only what it reads.
  const structure = new DamagedObjects();
  const content = new DamagedObjects();
  for (const sessionId of sessions) {
    const { state } = await ledger.load(sessionStream(sessionId), repositoryAggregate);
    // Listed, and died before its first event.
    if (state.status === 'not-started') continue;
    if (state.covered !== null) structure.clear();
    const marked = state.marked.flatMap(({ sound, damaged }) => [...sound, ...damaged]);
    for (const objects of [structure, content]) objects.release(new Set(marked));
    const hurt = new Set(state.verified.flatMap(({ damaged }) => damaged));
    // What was not read then is what no point needs by then.
    if (hasReadAll(state, hurt)) content.retain(hurt);
    for (const { sound, damaged, verifiedAt } of state.verified) {
      for (const key of sound) content.delete(key);
      for (const key of [...sound, ...damaged]) lastChecked.set(key, verifiedAt);
    }
    const found = marked.length === 0 ? state.damage : state.damageLeft;
    for (const { objectKey, pointId, volumeId, blockCount } of found) {
      // Damage of a volume that hurts no block takes nothing from the point: the header of a pack.
      if (volumeId !== null && blockCount === 0) continue;
      (hurt.has(objectKey) ? content : structure).add(objectKey, pointId);
    }
  }
  return {
    lastChecked,
    damagedPoints: new Set([...structure.points(), ...content.points()]),
    damagedObjects: new Set([...structure.keys(), ...content.keys()]),
  };
}

/** Whether it has read all objects that points need: damage of structure can hide some. */
function hasReadAll(
  { covered, damage }: StartedRepositorySession,
  hurt: ReadonlySet<string>,
): boolean {
  return (
    covered !== null &&
    covered.objects === covered.objectsTotal &&
    covered.findings === damage.length &&
    damage.every(({ objectKey }) => hurt.has(objectKey))
  );
}

class DamagedObjects {
  readonly #pointsOf = new Map<string, Set<PointId>>();

  add(objectKey: string, pointId: PointId): void {
    const points = this.#pointsOf.get(objectKey) ?? new Set();
    this.#pointsOf.set(objectKey, points.add(pointId));
  }

  delete(objectKey: string): void {
    this.#pointsOf.delete(objectKey);
  }

  /** Forgets all objects but these. */
  retain(objectKeys: ReadonlySet<string>): void {
    for (const objectKey of this.#pointsOf.keys()) {
      if (!objectKeys.has(objectKey)) this.#pointsOf.delete(objectKey);
    }
  }

  clear(): void {
    this.#pointsOf.clear();
  }

  /** Forgets what hurts these points. */
  release(released: ReadonlySet<PointId>): void {
    for (const [objectKey, points] of this.#pointsOf) {
      for (const pointId of released) points.delete(pointId);
      if (points.size === 0) this.#pointsOf.delete(objectKey);
    }
  }

  keys(): Iterable<string> {
    return this.#pointsOf.keys();
  }

  *points(): Generator<PointId> {
    for (const points of this.#pointsOf.values()) yield* points;
  }
}
