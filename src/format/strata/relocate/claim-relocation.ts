import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { relocationClaimKey } from '../object/object-keys.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { encodeRelocationClaim } from './relocation.ts';
import { type ClaimedRelocation, relocationsOf } from './relocations-of.ts';

/**
 * Makes the session the only one that relocates points of the instance, until it has ended. Of two
 * that claim at the same time each lists after it has claimed, so that one of them at least sees
 * the other's claim and withdraws its own.
 *
 * @throws RELOCATION_OVERTAKEN when another session has claimed and has not ended; OBJECT_CORRUPT
 *   when it is unknown where the maps of the instance begin now
 */
export async function claimRelocation(
  context: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<void> {
  const before = await relocationsOf(context, instanceId);
  refuseUnlessFree(before.claims);
  const number = (before.claims.at(-1)?.number ?? 0) + 1;
  const objectKey = relocationClaimKey(instanceId, number);
  const claim = sealRepositoryObject(context, {
    kind: 'relocation-claim',
    objectKey,
    content: encodeRelocationClaim(sessionId),
  });
  try {
    await context.objectStore.create(objectKey, claim);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // It may be our own: a store that repeats a request whose answer was lost meets its own success.
    const there = await context.objectStore.get(objectKey).catch(() => null);
    if (there === null || Buffer.compare(there, claim) !== 0) throw overtaken(error);
  }
  const after = await relocationsOf(context, instanceId);
  try {
    refuseUnlessFree(after.claims.filter((each) => each.number !== number));
    // The number is free again when later ones were claimed, and what was said by it is replaced.
    if (after.claims.at(-1)?.number !== number) throw overtaken();
  } catch (error) {
    await context.objectStore.delete(objectKey);
    throw error;
  }
}

function refuseUnlessFree(claims: readonly ClaimedRelocation[]): void {
  for (const claim of claims) {
    if (claim.state === 'damaged') throw claim.error;
    if (claim.state === 'undecided') throw overtaken(undefined, claim.sessionId);
  }
}

function overtaken(cause?: unknown, sessionId?: SessionId): SnapledgerError {
  const who = sessionId === undefined ? 'another session' : `session ${sessionId}`;
  return new SnapledgerError(
    'RELOCATION_OVERTAKEN',
    `${who} is moving what points of this instance need, and has not ended`,
    {
      retry: 'retryable',
      cause,
      remedy:
        'Nothing was changed. Try again when it has ended; ' +
        "'snapledger gc run --fence SESSION' ends one that is dead.",
      ...(sessionId === undefined ? {} : { details: { sessionId } }),
    },
  );
}
