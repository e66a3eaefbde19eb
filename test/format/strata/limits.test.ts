import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Packr, unpack } from 'msgpackr';
import type { InstanceId, PointId } from '../../../src/domain/identifiers.ts';
import { argon2Bounds, slotSecretOf } from '../../../src/format/keys/key-slot.ts';
import {
  decodeGeneration,
  generationLimits,
} from '../../../src/format/strata/collect/generation.ts';
import { readHeader } from '../../../src/format/strata/header/repository-header.ts';
import { attemptMax } from '../../../src/format/strata/keys/worker-secret.ts';
import { mapFanout } from '../../../src/format/strata/map/map-geometry.ts';
import { parsePointKey } from '../../../src/format/strata/object/object-keys.ts';
import { openSealed } from '../../../src/format/strata/object/sealed-object.ts';
import { decodeSegment } from '../../../src/format/strata/object/segment.ts';
import { readPlanPage } from '../../../src/format/strata/object/transfer-plan.ts';
import { wholeMapBlocksMax } from '../../../src/format/strata/plan/check-parent-map.ts';
import { decodeManifest } from '../../../src/format/strata/point/manifest-codec.ts';
import { readRecordHeader } from '../../../src/format/strata/record/record-header.ts';
import { decodeRelocation } from '../../../src/format/strata/relocate/relocation.ts';
import { isSlotLabel, slotTableLimits } from '../../../src/format/strata/slots/slot-table.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { readStrataVectors } from '../../support/golden/strata-vectors.ts';

const vector = await readStrataVectors();
const document = await readFile(new URL('../../../docs/strata.md', import.meta.url), 'utf8');
const limits = readLimits(document);
const location = { objectKey: 'limits' };
const packr = new Packr({ useRecords: false });
const refused = { code: 'OBJECT_CORRUPT' } as const;

type Fields = Record<string, unknown>;
const contentWith = (name: string, change: (fields: Fields) => void): Uint8Array => {
  const fields = unpack(vector(`${name}-content`)) as Fields;
  change(fields);
  return packr.pack(fields);
};
const listOf = (name: string, list: string, length: number): Uint8Array =>
  contentWith(name, (fields) => {
    const [first = {}] = fields[list] as readonly Fields[];
    fields[list] = Array.from({ length }, (_, n) =>
      'volumeId' in first ? { ...first, volumeId: `vol-${n}` } : first,
    );
  });
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** What is taken at a limit, and refused one beyond it. */
const held: Readonly<Record<string, (limit: number) => void>> = {
  'size of a volume': (limit) => {
    const sized = (sizeBytes: number): Uint8Array =>
      contentWith('manifest', ({ volumes }) => {
        const [volume = {}] = volumes as readonly Fields[];
        volume['sizeBytes'] = sizeBytes;
      });
    assert.doesNotThrow(() => decodeManifest(sized(limit), location));
    assert.throws(() => decodeManifest(sized(limit + 512), location), refused);
  },
  'volumes of a point': (limit) => {
    const { volumes } = decodeManifest(listOf('manifest', 'volumes', limit), location);
    assert.equal(volumes.length, limit);
    assert.throws(
      () => decodeManifest(listOf('manifest', 'volumes', limit + 1), location),
      refused,
    );
  },
  'content of a record': (limit) => {
    const header = (plain: number): Buffer => {
      const bytes = Buffer.from(vector('raw-block-record'));
      bytes.writeUInt32LE(plain, 40);
      bytes.writeUInt32LE(plain, 44);
      return bytes;
    };
    assert.doesNotThrow(() => readRecordHeader(header(limit), location));
    assert.throws(() => readRecordHeader(header(limit + 1), location), refused);
  },
  'entries of a map node': (limit) => {
    assert.equal(mapFanout, limit);
  },
  'content of a sealed object': (limit) => {
    const open = (contentBytes: number): unknown =>
      openSealed({
        bytes: Buffer.concat([
          vector('manifest-sealed').subarray(0, 20),
          Buffer.alloc(contentBytes + 16),
        ]),
        ...{ kinds: ['manifest'], objectKey: 'k' as ObjectKey, key: Buffer.alloc(32) },
        repositoryIdBytes: vector('repository-id'),
      });
    assert.throws(() => open(limit), /not authentic/);
    assert.throws(() => open(limit + 1), /too large/);
  },
  'header, slot table': (limit) => {
    assert.throws(() => readHeader(Buffer.alloc(limit + 1, 'STRATA')), refused);
  },
  'key slots': (limit) => {
    assert.equal(slotTableLimits.slotsMax, limit);
  },
  'rotations of the master key': (limit) => {
    assert.equal(slotTableLimits.epochMax, limit);
  },
  'characters of a passphrase': (limit) => {
    const secretOf = (length: number): unknown =>
      slotSecretOf({ kind: 'passphrase', passphrase: 'x'.repeat(length) });
    assert.doesNotThrow(() => secretOf(limit));
    assert.throws(() => secretOf(limit + 1), { code: 'INVALID_ARGUMENT' });
  },
  'characters of the label of a slot': (limit) => {
    assert.deepEqual(
      [isSlotLabel('x'.repeat(limit)), isSlotLabel('x'.repeat(limit + 1))],
      [true, false],
    );
  },
  'memory that a slot may ask for': (limit) => {
    assert.equal(argon2Bounds.memoryKib.max * 1024, limit);
  },
  'entries of a plan page': (limit) => {
    const page = (count: number): Buffer =>
      Buffer.concat([
        u32(count),
        ...Array.from({ length: count }, (_, n) => Buffer.concat([u32(n), Buffer.alloc(33)])),
      ]);
    assert.equal(readPlanPage(page(limit), location).count, limit);
    assert.throws(() => readPlanPage(page(limit + 1), location), refused);
  },
  'planned blocks of a segment': (limit) => {
    const segment = (count: number): Buffer =>
      Buffer.concat([u32(0), u32(count), Buffer.alloc(40), Buffer.alloc(45 * count)]);
    assert.equal([...decodeSegment(segment(limit), location).entries].length, limit);
    assert.throws(() => decodeSegment(segment(limit + 1), location), refused);
  },
  "attempts of a session's workers": (limit) => {
    assert.equal(attemptMax + 1, limit);
  },
  'volumes of a relocation': (limit) => {
    const { volumes } = decodeRelocation(listOf('relocation', 'volumes', limit), location);
    assert.equal(volumes.length, limit);
    const more = listOf('relocation', 'volumes', limit + 1);
    assert.throws(() => decodeRelocation(more, location), refused);
  },
  'batches of a generation': (limit) => {
    const { batches } = decodeGeneration(listOf('generation', 'batches', limit), 7, location);
    assert.equal(batches.length, limit);
    const more = listOf('generation', 'batches', limit + 1);
    assert.throws(() => decodeGeneration(more, 7, location), refused);
  },
  'packs of a generation': (limit) => {
    assert.equal(generationLimits.packsMax, limit);
  },
  'sessions that a batch awaits': (limit) => {
    assert.equal(generationLimits.awaitsMax, limit);
  },
  'characters of an instance id': (limit) => {
    const pointId = '0c9a1f0e-5b1d-4c58-9d3e-2f6f0f5a7b11' as PointId;
    const keyOf = (length: number): string => `points/${'i'.repeat(length)}/${pointId}`;
    const instanceId = 'i'.repeat(limit) as InstanceId;
    assert.deepEqual(parsePointKey(keyOf(limit)), { instanceId, pointId });
    assert.equal(parsePointKey(keyOf(limit + 1)), null);
  },
  "blocks of a volume whose parent's map is checked as a whole": (limit) => {
    assert.equal(wholeMapBlocksMax, limit);
  },
};

describe('the limits in docs/strata.md', () => {
  it('are those that are held here', () => {
    assert.deepEqual([...limits.keys()].toSorted(), Object.keys(held).toSorted());
  });

  for (const [what, assertHeld] of Object.entries(held)) {
    it(`are those of the code: ${what}`, () => {
      assertHeld(limits.get(what) ?? assert.fail(`${what} is not in the table`));
    });
  }
});

/** The numbers of the table, by what they limit. */
function readLimits(text: string): ReadonlyMap<string, number> {
  const [, section = ''] = /^## Limits\n(.*?)^## /ms.exec(text) ?? [];
  const units = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, bytes: 1 } as const;
  const rows = section.matchAll(/^\| ([^|]+) \| ([\d,^]+)(?: (KiB|MiB|GiB|bytes))? \| /gm);
  return new Map(
    [...rows].map(([, what = '', number = '', unit = 'bytes']) => {
      const [base = 0, exponent = 1] = number.replaceAll(',', '').split('^').map(Number);
      return [what, base ** exponent * units[unit as keyof typeof units]];
    }),
  );
}
