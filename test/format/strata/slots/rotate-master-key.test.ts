import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  deriveRepositoryKeys,
  type RepositoryKeys,
} from '../../../../src/format/strata/keys/repository-keys.ts';
import { createRepositoryContext } from '../../../../src/format/strata/repository/repository-context.ts';
import { StrataRepository } from '../../../../src/format/strata/repository/strata-repository.ts';
import { unlockMasterKeys } from '../../../../src/format/strata/slots/unlock-repository.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { StrataDefect } from '../../../../tools/strata-reader/defect.ts';
import { repositoryKeys, uuidBytes } from '../../../../tools/strata-reader/keys.ts';
import { openSession, readPoints } from '../../../../tools/strata-reader/repository.ts';
import { verifyRepository } from '../../../../tools/strata-reader/verify-repository.ts';
import { openRepository as openWithSecond } from '../../../../tools/strata-reader/repository.ts';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  everything,
  FormatBench,
  instanceId,
  optionsOn,
  passphrase,
} from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { readerOf, storeOf } from '../../../support/golden/golden-readers.ts';
import {
  goldenPassphrase,
  readExpected,
  readGoldenObjects,
} from '../../../support/golden/golden-repository.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { keysIn, keySlots, openingSecrets } from './slots-fixture.ts';

const older = modelVolume([...text(0, 6), 'zero', 'absent']);
const newer = modelVolume([...text(0, 5), 'text-90', 'zero', 'text-91']);

async function rotate(on: FormatBench): Promise<void> {
  await keySlots.rotateMasterKey(optionsOn(on.objectStore), 'keep');
}

/** What somebody has who kept the first master key. */
async function firstKeysOf(objectStore: ObjectStore, secret: string): Promise<RepositoryKeys> {
  const { header, masterKeys } = await unlockMasterKeys(optionsOn(objectStore, secret));
  const [first] = masterKeys;
  assert.ok(first !== undefined);
  return deriveRepositoryKeys([first], header.repositoryId, 0);
}

async function everyByteOf(objectStore: ObjectStore): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  for (const key of await keysIn(objectStore)) {
    objects.set(key, Buffer.from(await objectStore.get(key as never)));
  }
  return objects;
}

describe('a rotation of the master key', () => {
  it('leaves every older point readable, and puts what is new under the new key', async () => {
    const on = await FormatBench.create(cheapStrata);
    const before = await on.backUp(older, allocated(older));
    await rotate(on);
    const again = await on.reopen();
    const after = await again.backUp(newer, changed(older, newer), before);

    const reopened = await again.reopen();
    await assertPointIs(reopened.repository, before.pointId, older);
    await assertPointIs(reopened.repository, after.pointId, newer);
    const list = await keySlots.list(optionsOn(on.objectStore));
    assert.deepEqual([list.rotations, list.slots.length], [1, 1]);
    // An increment goes on as before: only what has changed is stored.
    assert.equal(after.volumes[0]?.blocksStored, 2);
    const findings = await Array.fromAsync(reopened.repository.verify({ depth: 'deep' }));
    assert.deepEqual(
      findings.filter(({ kind }) => kind === 'finding'),
      [],
    );

    const second = openWithSecond(readerOf(await everyByteOf(on.objectStore)), passphrase);
    assert.equal(second.epochs.length, 2);
    assert.deepEqual(verifyRepository(second), []);
    assert.equal(readPoints(second).filter(({ kind }) => kind === 'point').length, 2);
  });

  it('keeps what is stored since from who has the older master key', async () => {
    const on = await FormatBench.create(cheapStrata);
    const before = await on.backUp(older, allocated(older));
    const stolen = await firstKeysOf(on.objectStore, passphrase);
    await rotate(on);
    const again = await on.reopen();
    const after = await again.backUp(newer, everything);

    // With the product, without what tells it of the rotation, and with the second reader.
    const objects = await everyByteOf(on.objectStore);
    const [table = assert.fail('there is a table')] = [...objects.keys()].filter((key) =>
      key.startsWith('slots/'),
    );
    objects.delete(table);
    const thief = new StrataRepository(
      cheapStrata,
      createRepositoryContext(optionsOn(await storeOf(objects)), stolen),
    );
    await assertPointIs(thief, before.pointId, older);
    await assert.rejects(thief.openPoint(after.pointId), { code: 'OBJECT_CORRUPT' });
    await assert.rejects(thief.grantTransfer(after.pointId), { code: 'OBJECT_CORRUPT' });

    const [masterKey] = (await unlockMasterKeys(optionsOn(on.objectStore))).masterKeys;
    assert.ok(masterKey !== undefined);
    const keys = repositoryKeys(Buffer.from(masterKey), uuidBytes(again.repository.id));
    const { id: repositoryId } = again.repository;
    const second = { objects: readerOf(objects), repositoryId, keys, epochs: [keys] };
    openSession(second, before.pointId);
    assert.throws(() => openSession(second, after.pointId), StrataDefect);
    assert.deepEqual(
      readPoints(second).map(({ kind }) => kind),
      readPoints(second).map(({ key }) => (key.endsWith(before.pointId) ? 'point' : 'damaged')),
    );
  });

  it('can be made many times, each beside the ones before', async () => {
    const on = await FormatBench.create(cheapStrata);
    const points = [await on.backUp(older, allocated(older))];
    for (let rotation = 1; rotation <= 5; rotation += 1) {
      await rotate(on);
      const again = await on.reopen();
      points.push(await again.backUp(older, allocated(older), points.at(-1)));
    }
    const { repository } = await on.reopen();
    for (const { pointId } of points) await assertPointIs(repository, pointId, older);
  });

  it('makes a new recovery key in the place of the older ones, and asks before passphrases go', async () => {
    const on = await FormatBench.create(cheapStrata);
    const options = optionsOn(on.objectStore);
    const paper = await keySlots.addRecoveryKey(options, 'paper');
    const added = await keySlots.addPassphrase(options, { passphrase: 'second', label: 'Zoë' });
    await assert.rejects(keySlots.rotateMasterKey(options, 'keep'), {
      code: 'KEY_SLOTS_IN_THE_WAY',
      message: /Zoë/,
    });
    const { recoveryKey, removed, rotations } = await keySlots.rotateMasterKey(options, 'remove');

    assert.equal(rotations, 1);
    assert.deepEqual(
      removed.map((slot) => ({ ...slot, afterwards: null })),
      [{ ...paper.slot, afterwards: null }, added],
    );
    assert.equal(recoveryKey?.slot.label, 'paper');
    const secrets = [passphrase, 'second', paper.recoveryKey, recoveryKey.recoveryKey];
    assert.deepEqual(await openingSecrets(on.objectStore, secrets), [
      passphrase,
      recoveryKey.recoveryKey,
    ]);

    // With the recovery key, it is that one which stays.
    const byRecovery = optionsOn(on.objectStore, recoveryKey.recoveryKey);
    const second = await keySlots.rotateMasterKey(byRecovery, 'remove');
    assert.equal(second.recoveryKey, null);
    assert.deepEqual(await openingSecrets(on.objectStore, secrets), [recoveryKey.recoveryKey]);
  });
});

describe('who is at work while the master key is rotated', () => {
  it('ends a session that it has begun before, and it is readable afterwards', async () => {
    const on = await FormatBench.create(cheapStrata);
    const request = await on.transfer(on.newSession(), older, allocated(older), null);
    await rotate(on);
    const manifest = await on.repository.commitPoint(request);
    await on.repository.closeWriter(request.sessionId);
    await assertPointIs((await on.reopen()).repository, manifest.pointId, older);
  });

  it('hands such a session over to an engine that knows the new key', async () => {
    const on = await FormatBench.create(cheapStrata);
    const sessionId = on.newSession();
    const request = await on.transfer(sessionId, older, allocated(older), null);
    const secret = await on.repository.deriveWorkerSecret(sessionId, 3);
    await rotate(on);
    const again = await on.reopen();
    assert.deepEqual(await again.repository.deriveWorkerSecret(sessionId, 3), secret);
    const manifest = await again.repository.commitPoint(request);
    await assertPointIs((await on.reopen()).repository, manifest.pointId, older);
    // The first engine, which still knows only the older key, finds out what has happened.
    await assert.rejects(on.repository.commitPoint(request), { code: 'MASTER_KEY_ROTATED' });
    await assertPointIs((await on.reopen()).repository, manifest.pointId, older);
  });

  it('begins nothing under the older key, and takes nothing newer for damage', async () => {
    const on = await FormatBench.create(cheapStrata);
    const before = await on.backUp(older, allocated(older));
    await rotate(on);
    const refused = { code: 'MASTER_KEY_ROTATED', remedy: /open the vault/ };
    await assert.rejects(on.repository.registerWriter(on.newSession(), instanceId), refused);
    // Nothing that is new is there yet: what is old goes on to be read.
    await assertPointIs(on.repository, before.pointId, older);

    const again = await on.reopen();
    const after = await again.backUp(newer, everything, before);
    const { repository } = on;
    const stored = await everyByteOf(on.objectStore);
    await assert.rejects(Array.fromAsync(repository.listPoints()), refused);
    await assert.rejects(repository.openPoint(after.pointId), refused);
    await assert.rejects(repository.grantTransfer(after.pointId), refused);
    await assert.rejects(Array.fromAsync(repository.verify({ depth: 'structure' })), refused);
    await assert.rejects(Array.fromAsync(repository.collector?.run() ?? []), refused);
    assert.deepEqual(await everyByteOf(on.objectStore), stored);
  });

  it('ends a session that it can tell nothing of, without removing what is needed', async () => {
    const on = await FormatBench.create(cheapStrata);
    await rotate(on);
    const again = await on.reopen();
    const after = await again.backUp(newer, everything);
    await assert.rejects(on.repository.discardWriter(after.pointId, instanceId), {
      code: 'MASTER_KEY_ROTATED',
    });
    await assertPointIs((await on.reopen()).repository, after.pointId, newer);
  });

  it('calls an object of an epoch that there never was damaged', async () => {
    const on = await FormatBench.create(cheapStrata);
    const point = await on.backUp(older, allocated(older));
    const copy = await copyOfStore(on.objectStore);
    const key = `points/${instanceId}/${point.pointId}` as never;
    const bytes = Buffer.from(await copy.get(key));
    bytes.writeUInt16LE(7, 6);
    await copy.delete(key);
    await copy.create(key, bytes);
    const { repository } = await on.reopen(copy);
    await assert.rejects(repository.openPoint(point.pointId), {
      code: 'OBJECT_CORRUPT',
      message: /epoch 7/,
    });
  });
});

describe('an older repository, with its slot in the header', () => {
  it('is rotated: its header opens nothing that is stored afterwards', async () => {
    const objectStore = await storeOf(await readGoldenObjects('v1-points'));
    const options = optionsOn(objectStore, goldenPassphrase);
    await keySlots.rotateMasterKey(options, 'keep');
    const repository = await cheapStrata.openRepository(options);
    const on = new FormatBench(objectStore, repository, cheapStrata);
    const point = await on.backUp(newer, everything);
    await assertPointIs(repository, point.pointId, newer);
    const { points: expected } = await readExpected('v1-points');
    const points = await Array.fromAsync(repository.listPoints());
    assert.equal(points.length, Object.keys(expected).length + 1);

    // Without its table it is the repository that it was, as an old reader sees it.
    const objects = await everyByteOf(objectStore);
    for (const key of objects.keys()) if (key.startsWith('slots/')) objects.delete(key);
    const old = await cheapStrata.openRepository(
      optionsOn(await storeOf(objects), goldenPassphrase),
    );
    await assert.rejects(old.openPoint(point.pointId), { code: 'OBJECT_CORRUPT' });
  });
});
