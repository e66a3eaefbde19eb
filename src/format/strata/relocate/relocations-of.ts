import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { MapEntry } from '../map/map-node.ts';
import {
  parseRelocationClaimKey,
  relocationClaimKey,
  type RelocationClaimName,
  relocationsPrefix,
} from '../object/object-keys.ts';
import type { CurrentRoots } from '../point/current-point.ts';
import { rootName } from '../point/current-point.ts';
import type { Relocation } from './relocation.ts';

/** A claim, and what has become of it. */
export type ClaimedRelocation = RelocationClaimName & ClaimOutcome;

type ClaimOutcome =
  | { readonly state: 'committed'; readonly relocation: Relocation }
  /** Its session is at work, or died. */
  | { readonly state: 'undecided' }
  /**
   * Its session was discarded, or its relocation removed because later ones say all that it said. It
   * stays so for ever: the claim is that session's alone.
   */
  | { readonly state: 'void' }
  /** What the session has left cannot be read: it may say where maps begin. */
  | { readonly state: 'damaged'; readonly error: SnapledgerError };

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
  readonly catalog: {
    readonly slotOf: (instanceId: InstanceId, sessionId: SessionId) => Promise<ClaimantSlot>;
    readonly isRemoved: (instanceId: InstanceId, sessionId: SessionId) => Promise<boolean>;
  };
}

/** Relocations can be replaced while they are read; more than once in a row is rare. */
const readsMax = 16;

/**
 * The relocations of an instance, read anew. One that was found to be void may have been replaced
 * after the listing by one that is not in it, so then everything is listed again.
 *
 * @throws RELOCATION_OVERTAKEN, retryable, when they are replaced faster than they can be read
 */
export async function relocationsOf(
  context: RelocationContext,
  instanceId: InstanceId,
): Promise<InstanceRelocations> {
  // By key, so that what was read once is asked for its removal mark alone.
  let known: ReadonlyMap<ObjectKey, ClaimedRelocation> = new Map();
  for (let read = 1; read <= readsMax; read += 1) {
    const claims = await readClaims(context, instanceId, known);
    const before = known;
    const isSettled = claims.every(
      (claim) => claim.state !== 'void' || before.get(relocationClaimKey(claim))?.state === 'void',
    );
    if (isSettled) return { claims, roots: rootsOf(claims) };
    known = new Map(claims.map((claim) => [relocationClaimKey(claim), claim]));
  }
  throw new SnapledgerError(
    'RELOCATION_OVERTAKEN',
    `what points of ${instanceId} need was moved again and again while this was read`,
    { retry: 'retryable', remedy: 'Nothing was changed. Try again.' },
  );
}

async function readClaims(
  context: RelocationContext,
  instanceId: InstanceId,
  known: ReadonlyMap<ObjectKey, ClaimedRelocation>,
): Promise<readonly ClaimedRelocation[]> {
  const claims: ClaimedRelocation[] = [];
  for await (const { key } of context.objectStore.list(relocationsPrefix(instanceId))) {
    const claim = parseRelocationClaimKey(key);
    if (claim === null) continue;
    claims.push({ ...claim, ...(await outcomeOf(context, claim, known.get(key))) });
  }
  return claims;
}

/** The claim itself is not read: the relocation says the same, and is checked. */
async function outcomeOf(
  { catalog }: RelocationContext,
  { instanceId, sessionId, number }: RelocationClaimName,
  known: ClaimedRelocation | undefined,
): Promise<ClaimOutcome> {
  if (known?.state === 'void') return known;
  if (known?.state === 'committed') {
    return (await catalog.isRemoved(instanceId, sessionId)) ? { state: 'void' } : known;
  }
  try {
    const slot = await catalog.slotOf(instanceId, sessionId);
    switch (slot.kind) {
      case 'relocation':
        // A claim of another number is none that the session made.
        if (slot.relocation.claim !== number) return { state: 'void' };
        return { state: 'committed', relocation: slot.relocation };
      case 'free':
        return { state: 'undecided' };
      case 'tombstone':
      case 'removed':
      // A session that made a point has never claimed anything.
      case 'point':
        return { state: 'void' };
    }
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    // As whoever removes a damaged one does: the mark comes first.
    if (await catalog.isRemoved(instanceId, sessionId)) return { state: 'void' };
    return { state: 'damaged', error };
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
