import { packKey } from '../../../../src/format/strata/object/object-keys.ts';
import type { SegmentEntry } from '../../../../src/format/strata/object/segment.ts';
import { decodeRecord } from '../../../../src/format/strata/record/decode-record.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import type { TransferFixture } from './transfer-fixture.ts';

/** The content that an entry of a segment refers to, read by itself and checked. */
export async function readStoredBlock(
  fixture: TransferFixture,
  objectStore: ObjectStore,
  entry: Extract<SegmentEntry, { readonly kind: 'data' }>,
): Promise<Uint8Array> {
  const objectKey = packKey({ sessionId: fixture.grant.sessionId, ...entry.pack });
  const { offset, lengthBytes } = entry;
  return decodeRecord({
    bytes: await objectStore.get(objectKey, { offset, lengthBytes }),
    expected: { kind: 'block', id: entry.id },
    idKey: fixture.grant.blockIdKey,
    kindKeyOf: () => fixture.keys.blockKey,
    repositoryIdBytes: fixture.repositoryIdBytes,
    location: { objectKey, range: { offset, lengthBytes } },
  });
}
