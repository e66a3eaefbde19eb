import { randomUUID } from 'node:crypto';
import type { BlockIndex, RepositoryId, SessionId } from '../../../../src/domain/identifiers.ts';
import type { TransferPlanRef } from '../../../../src/format/transfer-plan.ts';
import type { TransferSegment } from '../../../../src/format/transfer-segment.ts';
import { uuidToBytes } from '../../../../src/format/strata/encoding/uuid-bytes.ts';
import { deriveSessionKeys } from '../../../../src/format/strata/keys/session-keys.ts';
import type { SessionKeys } from '../../../../src/format/strata/keys/session-keys.ts';
import { encodeGrant, type TransferGrant } from '../../../../src/format/strata/object/grant.ts';
import { planPageKey, segmentKey } from '../../../../src/format/strata/object/object-keys.ts';
import { openSealed, sealObject } from '../../../../src/format/strata/object/sealed-object.ts';
import { decodeSegment, type SegmentEntry } from '../../../../src/format/strata/object/segment.ts';
import {
  PlanPageBuilder,
  planPageEntriesMax,
  type PlannedParent,
} from '../../../../src/format/strata/object/transfer-plan.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import type { RandomSource } from '../../../../src/ports/random-source.ts';

/** A block of a plan; `absent` ones are in it, but not read. */
export type PlanEntry =
  | { readonly kind: 'read'; readonly index: number; readonly parent: PlannedParent }
  | { readonly kind: 'absent'; readonly index: number };

/** What the engine makes for a session, without an engine: keys, grant and plans. */
export interface TransferFixture {
  readonly grant: TransferGrant;
  readonly grantBytes: Uint8Array;
  readonly keys: SessionKeys;
  readonly repositoryIdBytes: Uint8Array;
}

export function makeTransferFixture(random: RandomSource): TransferFixture {
  const grant: TransferGrant = {
    repositoryId: randomUUID() as RepositoryId,
    sessionId: randomUUID() as SessionId,
    blockIdKey: random.bytes(32),
    dataKey: random.bytes(32),
    retainUntil: null,
  };
  return {
    grant,
    grantBytes: encodeGrant(grant),
    keys: deriveSessionKeys(grant.sessionId, grant.dataKey),
    repositoryIdBytes: uuidToBytes(grant.repositoryId),
  };
}

/** Writes a plan of these entries, as the engine does. */
export async function writePlan(
  fixture: TransferFixture,
  objectStore: ObjectStore,
  random: RandomSource,
  entries: Iterable<PlanEntry>,
): Promise<TransferPlanRef> {
  const { sessionId } = fixture.grant;
  const planId = random.uuid();
  const builder = new PlanPageBuilder();
  let page = 0;
  const finishPage = async (): Promise<void> => {
    const objectKey = planPageKey(sessionId, planId, page);
    const bytes = sealObject({
      kind: 'plan-page',
      objectKey,
      key: fixture.keys.controlKey,
      repositoryIdBytes: fixture.repositoryIdBytes,
      nonce: random.bytes(12),
      content: builder.finish(),
    });
    await objectStore.create(objectKey, bytes);
    page += 1;
  };
  for (const entry of entries) {
    const index = entry.index as BlockIndex;
    if (entry.kind === 'read') builder.addRead(index, entry.parent);
    else builder.addAbsent(index);
    if (builder.count === planPageEntriesMax) await finishPage();
  }
  await finishPage();
  return { sessionId, planId };
}

/** Every block of a disk, compared with nothing. */
export function* everyBlock(blockCount: number): Generator<PlanEntry> {
  for (let index = 0; index < blockCount; index += 1) yield { kind: 'read', index, parent: null };
}

/** The entries of a posted segment, read from the store. */
export async function readSegmentEntries(
  fixture: TransferFixture,
  objectStore: ObjectStore,
  plan: TransferPlanRef,
  attempt: number,
  segment: TransferSegment,
): Promise<readonly SegmentEntry[]> {
  const objectKey = segmentKey(plan.sessionId, plan.planId, attempt, segment.number);
  const { content } = openSealed({
    bytes: await objectStore.get(objectKey),
    kinds: ['segment'],
    objectKey,
    key: fixture.keys.controlKey,
    repositoryIdBytes: fixture.repositoryIdBytes,
  });
  return [...decodeSegment(content, { objectKey }).entries];
}
