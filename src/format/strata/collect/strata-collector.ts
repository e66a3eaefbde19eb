import type {
  CollectionOptions,
  CollectionPlan,
  CollectionStep,
  Collector,
  OpenWriter,
  SessionMailbox,
} from '../../collection.ts';
import { sessionMailboxes } from '../../session-mailboxes.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import { makeDurable } from '../object/make-durable.ts';
import { removeUnlessHeld } from '../lock/remove-unless-held.ts';
import { packsPrefix, sessionKeyKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { closeWriter } from '../writer/close-writer.ts';
import { collectionPlan, totalsOf } from './collection-plan.ts';
import { createGeneration, generationToFollow, removeOlderGenerations } from './generations.ts';
import { heldPacks, type HeldPacks } from './held-packs.ts';
import type { Leftovers } from './leftovers-of.ts';
import { leftoversOf } from './leftovers-of.ts';
import type { NextGeneration } from './next-generation.ts';
import { nextGeneration } from './next-generation.ts';
import { openWriters } from './open-writers.ts';
import { PackMarker } from './pack-marker.ts';
import { removePoint } from '../point/remove-point.ts';
import { removeReplacedSlotTables } from '../slots/slot-tables.ts';
import type { Survey } from './survey-repository.ts';
import { surveyRepository } from './survey-repository.ts';
import { writerEnds } from './writer-ends.ts';

/**
 * Rounds of one run. Two do it: one condemns, the next removes. More are needed only for what a
 * generation has no room for, and what is left then is for the next run.
 */
const roundsMax = 16;

/** Deletes under way at the same time. */
const concurrentDeletesMax = 8;

/** Removes packs that no point needs. docs/strata.md, "Collection", has the argument. */
export class StrataCollector implements Collector {
  readonly #context: () => RepositoryContext;

  /** @param context throws when the repository has been closed */
  constructor(context: () => RepositoryContext) {
    this.#context = context;
  }

  async plan({ signal }: CollectionOptions = {}): Promise<CollectionPlan> {
    return await withFreshContext(this.#context(), async (context) => {
      const found = await look(context, new PackMarker(context.nodeReader), signal);
      return collectionPlan(found.survey, found.next, found.locked);
    });
  }

  async openWriters(): Promise<readonly OpenWriter[]> {
    return await openWriters(this.#context());
  }

  async mailboxes(): Promise<readonly SessionMailbox[]> {
    const context = this.#context();
    const { objectStore } = context;
    return await sessionMailboxes(objectStore, {
      registered: () => openWriters(context),
      ends: () => writerEnds(objectStore),
    });
  }

  async *run({ signal }: CollectionOptions = {}): AsyncGenerator<CollectionStep> {
    const context = uncachedContext(this.#context());
    try {
      yield* collect(context, signal);
    } finally {
      forget(context);
    }
  }
}

async function* collect(
  context: RepositoryContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<CollectionStep> {
  // Kept over the rounds: maps never change, so the second round reads only new points.
  const marker = new PackMarker(context.nodeReader);
  for (let round = 1; round <= roundsMax; round += 1) {
    const { current, survey, next, locked } = await look(context, marker, signal);
    if (round === 1) yield { kind: 'planned', plan: collectionPlan(survey, next, locked) };
    let number = current;
    if (next.generation !== null) {
      await createGeneration(context, next.generation);
      number = next.generation.number;
      if (next.condemned.length > 0) {
        yield { kind: 'condemned', generation: number, ...totalsOf(next.condemned) };
      }
    }
    signal?.throwIfAborted();
    await makeRelocationsDurable(context, survey, next);
    const keys = next.ripe.map(({ key }) => key);
    const removed = await removeAll(context.objectStore, keys, signal);
    const gone = next.ripe.filter(({ key }) => removed.has(key));
    if (gone.length > 0) yield { kind: 'removed', ...totalsOf(gone) };
    await removeLeftovers(context, leftoversOf(survey, next), signal);
    await removeOlderGenerations(context, number);
    await removeReplacedSlotTables(context.objectStore, context.keys.repositoryId);
    if (next.condemned.length === 0) return;
  }
}

interface Look {
  /** Number of the generation in force. */
  readonly current: number;
  readonly survey: Survey;
  readonly next: NextGeneration;
  readonly locked: HeldPacks;
}

async function look(
  context: RepositoryContext,
  marker: PackMarker,
  signal: AbortSignal | undefined,
): Promise<Look> {
  // Before the survey: who registered before this generation is then listed, or has ended.
  const { generation: latest, condition } = await generationToFollow(context);
  const survey = await surveyRepository(context, marker, signal);
  const locked = await heldPacks(context, survey, signal);
  const next = nextGeneration(latest, survey, locked);
  const { number } = latest;
  // As long as the one in force cannot be read, no writer takes anything over from a parent.
  const replacement = condition === 'damaged' ? { number: number + 1, batches: [] } : null;
  const generation = next.generation ?? replacement;
  return { current: number, survey, next: { ...next, generation }, locked };
}

/** What was moved loses its old place only when the new one would outlive a power failure. */
async function makeRelocationsDurable(
  { objectStore }: RepositoryContext,
  { relocationsInUse, uselessRelocations }: Survey,
  { ripe }: NextGeneration,
): Promise<void> {
  if (ripe.length === 0 && uselessRelocations.replaced.length === 0) return;
  for (const objectKey of relocationsInUse) {
    try {
      await makeDurable(objectStore, objectKey);
    } catch (error) {
      // Replaced, and removed by another collector, since it was looked at.
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    }
  }
}

async function removeLeftovers(
  context: RepositoryContext,
  leftovers: Leftovers,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { objectStore, keyring } = context;
  await removeAll(objectStore, leftovers.manifests, signal);
  const { replaced, voidClaims } = leftovers.relocations;
  await removeAll(objectStore, voidClaims, signal);
  for (const { instanceId, sessionId, claimKey } of replaced) {
    signal?.throwIfAborted();
    // The claim goes last: a relocation without one is taken for a point.
    if ((await removePoint(context, sessionId, instanceId)) === 'held') continue;
    await removeUnlessHeld(objectStore, claimKey);
  }
  const useless = await withoutPacks(objectStore, leftovers.keys);
  await removeAll(objectStore, useless.map(sessionKeyKey), signal);
  for (const sessionId of useless) keyring.forget(sessionId);
  for (const sessionId of [...leftovers.mailboxes, ...leftovers.registrations]) {
    signal?.throwIfAborted();
    await closeWriter(context, sessionId);
  }
}

/**
 * Those of which nothing is stored now. The survey saw the packs long before it knew that a session
 * had ended: one that began and ended meanwhile has packs which it did not see, and which another
 * point can need by now. A session that has ended makes no more of them.
 */
async function withoutPacks(
  objectStore: ObjectStore,
  ended: readonly SessionId[],
): Promise<readonly SessionId[]> {
  const without: SessionId[] = [];
  for (const sessionId of ended) {
    const stored = objectStore.list(packsPrefix(sessionId))[Symbol.asyncIterator]();
    if ((await stored.next()).done === true) without.push(sessionId);
    else await stored.return?.();
  }
  return without;
}

/** Gives those that are gone; the others are held, and for a later collection. */
async function removeAll(
  objectStore: ObjectStore,
  keys: readonly ObjectKey[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<ObjectKey>> {
  const gone = new Set<ObjectKey>();
  for (let first = 0; first < keys.length; first += concurrentDeletesMax) {
    signal?.throwIfAborted();
    const batch = keys.slice(first, first + concurrentDeletesMax);
    const outcomes = await Promise.all(batch.map((key) => removeUnlessHeld(objectStore, key)));
    for (const [index, key] of batch.entries()) if (outcomes[index] === 'removed') gone.add(key);
  }
  return gone;
}

async function withFreshContext<Result>(
  stale: RepositoryContext,
  work: (context: RepositoryContext) => Promise<Result>,
): Promise<Result> {
  const context = uncachedContext(stale);
  try {
    return await work(context);
  } finally {
    forget(context);
  }
}

function forget({ keyring, catalog }: RepositoryContext): void {
  keyring.clear();
  catalog.clear();
}
