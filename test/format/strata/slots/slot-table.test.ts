import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../../src/domain/identifiers.ts';
import {
  decodeMsgpack,
  encodeMsgpack,
  type Storable,
} from '../../../../src/format/strata/encoding/msgpack.ts';
import { uuidFromBytes } from '../../../../src/format/strata/encoding/uuid-bytes.ts';
import { readSlotTable } from '../../../../src/format/strata/slots/slot-table.ts';
import { StrataDefect } from '../../../../tools/strata-reader/defect.ts';
import { parseSlotTable, unlockSlotTable } from '../../../../tools/strata-reader/slot-table.ts';
import { secretOf } from '../../../../tools/strata-reader/slot.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { optionsOn } from '../../../../src/conformance/format-bench.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { emptyRepository, keysIn } from './slots-fixture.ts';
import { readStrataVectors } from '../../../support/golden/strata-vectors.ts';

const vector = await readStrataVectors();
const repositoryId = uuidFromBytes(vector('repository-id')) as RepositoryId;
const name = vector('slot-table-name').toString('ascii');
const recoveryKey = vector('recovery-key-text').toString('ascii');

describe('a table of key slots', () => {
  let bytes: Buffer;
  before(() => {
    bytes = vector('slot-table');
  });

  const refused = (changed: Buffer, message: RegExp): void => {
    assert.throws(() => readSlotTable(changed, repositoryId, 2), {
      code: /^(OBJECT_CORRUPT|REPOSITORY_VERSION)$/,
      message,
      remedy: /If somebody else put it there remove it|Update snapledger/,
    });
    assert.throws(() => parseSlotTable(changed, name, repositoryId), StrataDefect);
  };

  it('with any bit changed, or cut short, is damaged', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        refused(changed, /checksum/);
      }
      refused(Buffer.from(bytes.subarray(0, at)), /checksum|size/);
    }
    refused(Buffer.concat([bytes, Buffer.alloc(1)]), /checksum/);
    refused(Buffer.alloc(65_537), /size/);
  });

  it('made by somebody without the master key is refused by both', () => {
    for (let at = 8; at < bytes.length - 32; at += 1) {
      const forged = resealed(Buffer.from(bytes), (copy) => {
        copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
      });
      assert.throws(
        () => {
          readSlotTable(forged, repositoryId, 2).authenticate(vector('second-master-key'));
        },
        { code: /^(OBJECT_CORRUPT|REPOSITORY_VERSION)$/ },
      );
      assert.throws(
        () => unlockSlotTable(parseSlotTable(forged, name, repositoryId), secretOf(recoveryKey)),
        StrataDefect,
      );
    }
  });

  it('that somebody without a key put above the one in force is named, and no lower one is taken', async () => {
    const objectStore = await emptyRepository();
    const [inForce = ''] = await keysIn(objectStore, 'slots/');
    const above = inForce.replace(/1$/, '2') as ObjectKey;
    const genuine = Buffer.from(await objectStore.get(inForce as ObjectKey));
    for (const forged of [
      Buffer.from('junk'),
      genuine,
      // The slots of the one in force, and one more id: its secrets open it, and it is not authentic.
      withFields(genuine, { number: 2, changeIds: Buffer.alloc(16) }),
    ]) {
      await objectStore.create(above, forged);
      await assert.rejects(cheapStrata.openRepository(optionsOn(objectStore)), {
        code: 'OBJECT_CORRUPT',
        message: new RegExp(above),
        remedy: /If somebody else put it there remove it/,
      });
      await objectStore.delete(above);
    }

    // A slot that no secret opens: it is not told from a wrong secret, but its place is.
    const [slot] = fieldsOf(genuine)['slots'] as readonly Readonly<Record<string, Storable>>[];
    const meaningless = { ...slot, wrappedMasterKey: Buffer.alloc(48) };
    await objectStore.create(above, withFields(genuine, { number: 2, slots: [meaningless] }));
    await assert.rejects(cheapStrata.openRepository(optionsOn(objectStore)), (error) => {
      assert.ok(hasErrorCode(error, 'WRONG_PASSPHRASE'));
      assert.equal(error.details['objectKey'], above);
      assert.ok(error.remedy?.includes(above), error.remedy);
      return true;
    });
    await objectStore.delete(above);
    await (await cheapStrata.openRepository(optionsOn(objectStore))).close();
  });

  it('of another repository, number, version or kind of object is refused', () => {
    const other = 'ffffffff-4455-6677-8899-aabbccddeeff' as RepositoryId;
    assert.throws(() => readSlotTable(bytes, other, 2), { message: /another repository/ });
    assert.throws(() => readSlotTable(bytes, repositoryId, 3), { message: /another number/ });
    refused(
      resealed(Buffer.from(bytes), (copy) => copy.writeUInt8(2, 6)),
      /version 2/,
    );
    refused(
      resealed(Buffer.from(bytes), (copy) => copy.write('STRATA')),
      /not a table/,
    );
  });

  it('with a field beyond its bounds is refused before a key is derived', () => {
    const [passphrase, recovery] = fieldsOf(bytes)['slots'] as readonly Storable[];
    const slot = passphrase as Readonly<Record<string, Storable>>;
    const bad: readonly (readonly [Readonly<Record<string, Storable>>, RegExp])[] = [
      [{ epoch: 0 }, /olderMasterKeys/],
      [{ epoch: 256 }, /epoch/],
      [{ olderMasterKeys: Buffer.alloc(61) }, /olderMasterKeys/],
      [{ changeIds: Buffer.alloc(17) }, /changeIds/],
      [{ changeIds: Buffer.alloc(16 * 65) }, /changeIds/],
      [{ slots: [] }, /slots is empty/],
      [{ slots: Array.from({ length: 17 }, () => slot) }, /slots/],
      [{ slots: [{ ...slot, memoryKib: 2 ** 31 }] }, /memoryKib/],
      [{ slots: [{ ...slot, passes: 17 }] }, /passes/],
      [{ slots: [{ ...slot, kind: 'none' }] }, /kind/],
      [{ slots: [{ ...slot, id: '0A1B2C3D' }] }, /id/],
      [{ slots: [{ ...slot, label: 'two\nlines' }] }, /label/],
      [{ slots: [{ ...slot, salt: Buffer.alloc(31) }] }, /salt/],
      [{ slots: [recovery ?? null, null] }, /slots/],
      [{ incompatibleFeatures: ['erasure'] }, /erasure/],
    ];
    for (const [fields, message] of bad) refused(withFields(bytes, fields), message);
  });
});

function fieldsOf(bytes: Buffer): Readonly<Record<string, Storable>> {
  return decodeMsgpack(bytes.subarray(8, -64)) as Readonly<Record<string, Storable>>;
}

function withFields(bytes: Buffer, fields: Readonly<Record<string, Storable>>): Buffer {
  const content = encodeMsgpack({ ...fieldsOf(bytes), ...fields });
  const changed = Buffer.concat([bytes.subarray(0, 8), content, bytes.subarray(-64)]);
  return resealed(changed, () => undefined);
}

/** Changed, and with a checksum that fits, as somebody without the key can make it. */
function resealed(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(bytes);
  const body = bytes.subarray(0, -32);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}
