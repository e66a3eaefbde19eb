import { blockSizeBytes } from '../../../../../src/domain/block-size.ts';
import type { SegmentRun } from '../../../../../src/format/transfer-segment.ts';
import type { TransferPlanRef } from '../../../../../src/format/transfer-plan.ts';
import { ControlReader } from '../../../../../src/format/strata/commit/control-reader.ts';
import { recordIdOf } from '../../../../../src/format/strata/keys/record-id.ts';
import { packKey, segmentKey } from '../../../../../src/format/strata/object/object-keys.ts';
import { sealObject } from '../../../../../src/format/strata/object/sealed-object.ts';
import {
  encodeSegment,
  type SegmentEntry,
} from '../../../../../src/format/strata/object/segment.ts';
import { encodePackHeader } from '../../../../../src/format/strata/pack/pack-header.ts';
import {
  encodeRecord,
  recordMaxSizeBytes,
} from '../../../../../src/format/strata/record/encode-record.ts';
import type { RepositoryContext } from '../../../../../src/format/strata/repository/repository-context.ts';
import { blockBytes, type SimulatedVolume, type VolumeContent } from './simulated-instance.ts';

/** For one record at a time. */
const room = new Uint8Array(recordMaxSizeBytes(blockSizeBytes));
const knownIds = new Map<Uint8Array, Uint8Array>();

/** There are few blocks in all runs, and a repository has one key in all of them. */
function idOf(blockIdKey: Uint8Array, plain: Uint8Array): Uint8Array {
  const id = knownIds.get(plain) ?? recordIdOf(blockIdKey, plain);
  knownIds.set(plain, id);
  return id;
}

/** What a worker does, in one pack and one segment: the objects are those of the real one. */
export async function simulatedTransfer(
  context: RepositoryContext,
  plan: TransferPlanRef,
  volume: SimulatedVolume,
  content: VolumeContent,
  attempt: number,
): Promise<SegmentRun> {
  const { objectStore, keys, keyring, random } = context;
  const session = await keyring.keysOf(plan.sessionId);
  const control = new ControlReader(context, session, plan);
  const pack = { writer: Buffer.from(random.bytes(4)).readUInt32LE(0), number: 0 };
  const parts: Uint8Array[] = [encodePackHeader('data', keys.repositoryId, plan.sessionId)];
  let offset = parts[0]?.length ?? 0;
  let bytesStored = 0;
  const entries: SegmentEntry[] = [];
  for await (const page of control.planPages(await control.summary())) {
    for (let entry = 0; entry < page.count; entry += 1) {
      if (page.actionAt(entry) !== 'read') continue;
      const index = page.blockIndexAt(entry);
      const data = content.get(index);
      if (data === undefined) {
        entries.push({ kind: 'zero' });
        continue;
      }
      const plain = blockBytes(volume, index, data);
      const id = idOf(keys.blockIdKey, plain);
      const parent = page.parentAt(entry);
      if (parent instanceof Uint8Array && Buffer.compare(parent, id) === 0) {
        entries.push({ kind: 'unchanged' });
        continue;
      }
      const lengthBytes = encodeRecord(
        {
          kind: 'block',
          id,
          plain,
          kindKey: session.blockKey,
          sessionIdBytes: session.sessionIdBytes,
          repositoryIdBytes: keys.repositoryIdBytes,
          nonce: random.bytes(12),
          compression: 'light',
        },
        room,
      );
      parts.push(room.slice(0, lengthBytes));
      entries.push({ kind: 'data', pack, offset, lengthBytes, id });
      offset += lengthBytes;
      bytesStored += lengthBytes;
    }
  }
  const stored = parts.length - 1;
  if (stored > 0) {
    await objectStore.create(packKey({ sessionId: plan.sessionId, ...pack }), parts);
  }
  if (entries.length === 0) return { attempt, firstSegment: 0, endSegment: 0 };
  const count = (kind: SegmentEntry['kind']): number =>
    entries.filter((entry) => entry.kind === kind).length;
  const objectKey = segmentKey(plan.sessionId, plan.planId, attempt, 0);
  const sealed = sealObject({
    kind: 'segment',
    objectKey,
    key: session.controlKey,
    repositoryIdBytes: keys.repositoryIdBytes,
    nonce: random.bytes(12),
    content: encodeSegment({
      firstPlanned: 0,
      endPlanned: entries.length,
      counts: {
        blocksRead: entries.length,
        blocksUnchanged: count('unchanged'),
        blocksZero: count('zero'),
        blocksDeduplicated: 0,
        blocksStored: stored,
        bytesRead: entries.length,
        bytesStored,
      },
      entries,
    }),
  });
  await objectStore.create(objectKey, sealed);
  return { attempt, firstSegment: 0, endSegment: 1 };
}
