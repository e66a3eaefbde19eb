import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import {
  controlPrefix,
  parseRegistrationKey,
  parseTransferKey,
  registrationsPrefix,
  sessionKeyKey,
} from '../object/object-keys.ts';
import { corruptionReason } from '../object/object-corrupt.ts';
import type { SealedKind } from '../object/sealed-object.ts';
import { openSealed } from '../object/sealed-object.ts';
import { decodeSegment } from '../object/segment.ts';
import { readPlanPage } from '../object/transfer-plan.ts';
import { decodePlanSummary } from '../plan/plan-summary.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { readRegistration } from '../writer/read-registration.ts';

/** An object of a session that has not ended, and why the session cannot go on with it. */
export interface WriterDamage {
  readonly sessionId: SessionId;
  readonly objectKey: string;
  readonly reason: string;
}

/**
 * Checks what registered sessions need to go on or to be ended: registration, key, plans and
 * segments. Sessions that end meanwhile are left out.
 *
 * @throws STORE_UNAVAILABLE, and the signal's reason when it aborts
 */
export async function* verifyWriters(
  context: RepositoryContext,
  signal?: AbortSignal,
): AsyncGenerator<WriterDamage> {
  for await (const { key } of context.objectStore.list(registrationsPrefix)) {
    const sessionId = parseRegistrationKey(key);
    if (sessionId === null) continue;
    signal?.throwIfAborted();
    const registration = await checked(sessionId, key, () => readRegistration(context, sessionId));
    if (registration.kind === 'damaged') yield registration.damage;
    yield* verifyTransfers(context, sessionId, signal);
  }
}

async function* verifyTransfers(
  context: RepositoryContext,
  sessionId: SessionId,
  signal: AbortSignal | undefined,
): AsyncGenerator<WriterDamage> {
  const { objectStore, keyring } = context;
  const objectKey = sessionKeyKey(sessionId);
  const keys = await checked(sessionId, objectKey, () => keyring.keysOf(sessionId));
  if (keys.kind === 'damaged') {
    yield keys.damage;
    return;
  }
  for await (const { key } of objectStore.list(controlPrefix(sessionId))) {
    signal?.throwIfAborted();
    const kind = parseTransferKey(key);
    if (kind === null) continue;
    if (keys.kind === 'gone') {
      if (await isLost(context, sessionId)) {
        yield { sessionId, objectKey, reason: 'the object is missing' };
      }
      return;
    }
    const { controlKey } = keys.value;
    const transfer = await checked(sessionId, key, () =>
      checkTransfer(context, kind, key, controlKey),
    );
    if (transfer.kind === 'damaged') yield transfer.damage;
  }
}

/** Whether the key of the session is missing although nobody is removing the session. */
async function isLost(
  { objectStore, catalog }: RepositoryContext,
  sessionId: SessionId,
): Promise<boolean> {
  // A session with a point or a tombstone needs no key to be closed or removed.
  if ((await catalog.instanceOf(sessionId)) !== null) return false;
  return (await objectStore.head(sessionKeyKey(sessionId))) === null;
}

type Checked<Value> =
  | { readonly kind: 'sound'; readonly value: Value }
  /** Its session went on, or ended. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'damaged'; readonly damage: WriterDamage };

async function checked<Value>(
  sessionId: SessionId,
  objectKey: ObjectKey,
  check: () => Promise<Value>,
): Promise<Checked<Value>> {
  try {
    return { kind: 'sound', value: await check() };
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return { kind: 'gone' };
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return { kind: 'damaged', damage: { sessionId, objectKey, reason: corruptionReason(error) } };
  }
}

async function checkTransfer(
  context: RepositoryContext,
  kind: 'plan-page' | 'plan-summary' | 'segment',
  objectKey: ObjectKey,
  key: Uint8Array,
): Promise<void> {
  const content = await open(context, kind, objectKey, key);
  switch (kind) {
    case 'plan-page':
      readPlanPage(content, { objectKey });
      return;
    case 'plan-summary':
      decodePlanSummary(content, { objectKey });
      return;
    case 'segment': {
      const segment = decodeSegment(content, { objectKey });
      for (let entry = 0; entry < segment.entryCount; entry += 1) segment.entryAt(entry);
    }
  }
}

async function open(
  { objectStore, keys }: RepositoryContext,
  kind: SealedKind,
  objectKey: ObjectKey,
  key: Uint8Array,
): Promise<Uint8Array> {
  const bytes = await objectStore.get(objectKey);
  const { repositoryIdBytes } = keys;
  return openSealed({ bytes, kinds: [kind], objectKey, key, repositoryIdBytes }).content;
}
