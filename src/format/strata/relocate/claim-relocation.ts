import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { relocationClaimKey } from '../object/object-keys.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { type ClaimedRelocation, relocationsOf } from './relocations-of.ts';

/**
 * Makes the session the only one that relocates points of the instance, until it has ended. Of two
 * that claim at the same time each lists after it has claimed, so that one of them at least sees
 * the other's claim and withdraws its own. A session claims once.
 *
 * @returns the number of the claim, which the relocation has to name
 * @throws RELOCATION_OVERTAKEN when another session has claimed and has not ended; OBJECT_CORRUPT
 *   when it is unknown where the maps of the instance begin now
 */
export async function claimRelocation(
  context: Pick<RepositoryContext, 'objectStore' | 'keys' | 'random' | 'clock' | 'catalog'>,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<number> {
  const before = await relocationsOf(context, instanceId);
  refuseUnlessFree(before.claims);
  const number = (before.claims.at(-1)?.number ?? 0) + 1;
  const objectKey = relocationClaimKey({ instanceId, number, sessionId });
  const claim = sealRepositoryObject(context, {
    kind: 'relocation-claim',
    objectKey,
    content: encodeMsgpack({ claimedAt: context.clock.now() }),
  });
  try {
    await context.objectStore.create(objectKey, claim);
  } catch (error) {
    // Its own success, whose answer was lost: the key is this session's alone.
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
  try {
    const after = await relocationsOf(context, instanceId);
    const others = after.claims.filter((each) => each.sessionId !== sessionId);
    refuseUnlessFree(others);
    // One that was faster has moved what this one would take to be where it was; or it chose the
    // same number, and of two relocations with one number nothing says which is the later.
    const later = others.find((each) => each.state === 'committed' && each.number >= number);
    if (later !== undefined) throw overtaken(later.sessionId);
    return number;
  } catch (error) {
    await context.objectStore.delete(objectKey);
    throw error;
  }
}

function refuseUnlessFree(claims: readonly ClaimedRelocation[]): void {
  for (const claim of claims) {
    if (claim.state === 'damaged') throw claim.error;
    if (claim.state === 'undecided') throw overtaken(claim.sessionId);
  }
}

function overtaken(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError(
    'RELOCATION_OVERTAKEN',
    `session ${sessionId} is moving, or has just moved, what points of this instance need`,
    {
      retry: 'retryable',
      remedy:
        'Nothing was changed. Try again when it has ended; ' +
        "'snapledger gc run --fence SESSION' ends one that is dead.",
      details: { sessionId },
    },
  );
}
