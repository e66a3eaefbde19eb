import type { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import type { MapEntry } from '../map/map-node.ts';
import {
  parseRelocationClaimKey,
  relocationClaimKey,
  relocationsPrefix,
} from '../object/object-keys.ts';
import { openRepositoryObject } from '../object/repository-object.ts';
import type { CurrentRoots } from '../point/current-point.ts';
import { rootName } from '../point/current-point.ts';
import type { Relocation } from './relocation.ts';
import { decodeRelocationClaim } from './relocation.ts';

/** A claim, and what has become of it. */
export type ClaimedRelocation = { readonly number: number } & (
  | { readonly state: 'committed'; readonly relocation: Relocation }
  /** Its session is at work, or died. */
  | { readonly state: 'undecided'; readonly sessionId: SessionId }
  /** Its session was discarded, or its relocation removed because later ones say all that it said. */
  | { readonly state: 'void' }
  | { readonly state: 'damaged'; readonly error: SnapledgerError }
);

/** What is relocated of one instance, ascending by number. */
export interface InstanceRelocations {
  readonly claims: readonly ClaimedRelocation[];
  readonly roots: CurrentRoots;
}

/** What is at the key of a session under `points/`, as far as it matters to a claim of the session. */
type ClaimantSlot =
  | { readonly kind: 'free' | 'tombstone' | 'removed' | 'point' }
  | { readonly kind: 'relocation'; readonly relocation: Relocation };

interface RelocationContext {
  readonly objectStore: ObjectStore;
  readonly keys: RepositoryKeys;
  readonly catalog: {
    readonly slotOf: (instanceId: InstanceId, sessionId: SessionId) => Promise<ClaimantSlot>;
  };
}

/** Relocations can be replaced while they are read; more than once in a row is rare. */
const readsMax = 16;

/**
 * The relocations of an instance, read anew. One that was found to be void may have been replaced
 * after the listing by one that is not in it, so then everything is listed again.
 */
export async function relocationsOf(
  context: RelocationContext,
  instanceId: InstanceId,
): Promise<InstanceRelocations> {
  let knownVoid: ReadonlySet<number> = new Set();
  for (let read = 1; ; read += 1) {
    const claims = await readClaims(context, instanceId);
    const nowVoid = claims.filter(({ state }) => state === 'void').map(({ number }) => number);
    const isSettled = nowVoid.every((number) => knownVoid.has(number));
    if (isSettled || read === readsMax) return { claims, roots: rootsOf(claims) };
    knownVoid = new Set([...knownVoid, ...nowVoid]);
  }
}

async function readClaims(
  context: RelocationContext,
  instanceId: InstanceId,
): Promise<readonly ClaimedRelocation[]> {
  const claims: ClaimedRelocation[] = [];
  for await (const { key } of context.objectStore.list(relocationsPrefix(instanceId))) {
    const number = parseRelocationClaimKey(key)?.number;
    if (number === undefined) continue;
    claims.push(await readClaim(context, instanceId, number));
  }
  return claims;
}

async function readClaim(
  context: RelocationContext,
  instanceId: InstanceId,
  number: number,
): Promise<ClaimedRelocation> {
  const objectKey = relocationClaimKey(instanceId, number);
  try {
    const bytes = await context.objectStore.get(objectKey);
    const { content } = await openRepositoryObject(context, {
      bytes,
      objectKey,
      kinds: ['relocation-claim'],
    });
    const sessionId = decodeRelocationClaim(content, { objectKey });
    return { number, ...(await outcomeOf(context, instanceId, sessionId)) };
  } catch (error) {
    // It was void, and was removed since the listing.
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return { number, state: 'void' };
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return { number, state: 'damaged', error };
  }
}

type Outcome =
  | { readonly state: 'committed'; readonly relocation: Relocation }
  | { readonly state: 'undecided'; readonly sessionId: SessionId }
  | { readonly state: 'void' };

async function outcomeOf(
  { catalog }: RelocationContext,
  instanceId: InstanceId,
  sessionId: SessionId,
): Promise<Outcome> {
  const slot = await catalog.slotOf(instanceId, sessionId);
  switch (slot.kind) {
    case 'relocation':
      return { state: 'committed', relocation: slot.relocation };
    case 'free':
      return { state: 'undecided', sessionId };
    case 'tombstone':
    case 'removed':
    // A session that made a point has never claimed anything.
    case 'point':
      return { state: 'void' };
  }
}

function rootsOf(claims: readonly ClaimedRelocation[]): CurrentRoots {
  const roots = new Map<string, MapEntry>();
  for (const claim of claims) {
    if (claim.state !== 'committed') continue;
    for (const { pointId, volumeId, root } of claim.relocation.volumes) {
      roots.set(rootName(pointId, volumeId), root);
    }
  }
  return roots;
}
