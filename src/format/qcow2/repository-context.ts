import type { RepositoryId, SessionId } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { BoundedCache } from '../cache/bounded-cache.ts';
import { createOnce, type CreateOutcome } from '../flow/create-once.ts';
import type { RetryContext } from '../flow/retry-unavailable.ts';
import type { RepositoryOptions } from '../repository-options.ts';
import {
  controlKeyOf,
  recordKeyOf,
  type RepositoryKeys,
  sessionKeyOf,
} from './keys/repository-keys.ts';
import type { Unlocked } from './keys/unlock.ts';
import { createEnvelope, type Envelope } from './object/envelope.ts';
import type { Protection } from './object/protection.ts';
import { createRecordSeal, type RecordSeal } from './object/record-seal.ts';

/** So that reading block after block does not read a page for each. */
const indexPagesMaxBytes = 32 * 1024 * 1024;

/** What everything on the side of the engine and of readers works with. */
export interface RepositoryContext {
  readonly repositoryId: RepositoryId;
  readonly protection: Protection;
  readonly keys: RepositoryKeys;
  readonly objectStore: ObjectStore;
  readonly random: RandomSource;
  readonly clock: Clock;
  /** Of all objects but those below. */
  readonly envelope: Envelope;
  /** Of the plan and the segments of a session. */
  readonly controlEnvelope: (sessionId: SessionId) => Envelope;
  /** Pages of indexes that were read, by the keys of their objects. */
  readonly indexPages: BoundedCache<ObjectKey, Uint8Array>;
  readonly recordSeal: (sessionId: SessionId) => RecordSeal;
}

export function createRepositoryContext(
  { objectStore, random, clock }: RepositoryOptions,
  { repositoryId, keys }: Unlocked,
  protection: Protection,
): RepositoryContext {
  const envelopeOf = (key: Uint8Array): Envelope =>
    createEnvelope({ protection, key, repositoryId }, random);
  return {
    ...{ repositoryId, protection, keys, objectStore, random, clock },
    envelope: envelopeOf(keys.envelopeKey),
    controlEnvelope: (sessionId) => envelopeOf(controlKeyOf(sessionKeyOf(keys, sessionId))),
    indexPages: new BoundedCache(indexPagesMaxBytes),
    recordSeal: (sessionId) =>
      createRecordSeal(protection, recordKeyOf(sessionKeyOf(keys, sessionId)), random),
  };
}

/** For who does not believe what was read before. */
export function uncachedContext(context: RepositoryContext): RepositoryContext {
  return { ...context, indexPages: new BoundedCache(0) };
}

const never = new AbortController().signal;

/** Creates an object, unless there is one of this name; retries while the store is unavailable. */
export function createObject(
  { objectStore, clock, random }: Pick<RepositoryContext, 'objectStore' | 'clock' | 'random'>,
  key: ObjectKey,
  bytes: Uint8Array,
  signal: AbortSignal = never,
): Promise<CreateOutcome> {
  const retry: RetryContext = { clock, random, signal };
  return createOnce(objectStore, key, bytes, retry);
}
