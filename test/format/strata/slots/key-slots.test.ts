import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { strataFormat } from '../../../../src/format/strata/strata-format.ts';
import {
  allocated,
  FormatBench,
  optionsOn,
  passphrase,
} from '../../../../src/conformance/format-bench.ts';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { storeOf } from '../../../support/golden/golden-readers.ts';
import {
  goldenPassphrase,
  readExpected,
  readGoldenObjects,
} from '../../../support/golden/golden-repository.ts';
import { contentsOf, emptyRepository, keysIn, keySlots, openingSecrets } from './slots-fixture.ts';

const volume = modelVolume([...text(0, 3), 'zero', 'absent']);

describe('the key slots of a repository', () => {
  it('are one at first, which its passphrase opens', async () => {
    const objectStore = await emptyRepository();
    const list = await keySlots.list(optionsOn(objectStore));

    assert.deepEqual(
      list.slots.map(({ id, kind, label }) => ({ id, kind, label })),
      [{ id: list.openedId, kind: 'passphrase', label: 'passphrase' }],
    );
    assert.equal(list.rotations, 0);
    assert.equal(list.firstPassphrase, 'removable');
  });

  it('change a passphrase without touching anything else that is stored', async () => {
    const on = await FormatBench.create(cheapStrata);
    const point = await on.backUp(volume, allocated(volume));
    const before = await contentsOf(on.objectStore);

    await keySlots.changePassphrase(optionsOn(on.objectStore), 'another one');

    const after = await contentsOf(on.objectStore);
    const isData = ([key]: readonly [string, string]): boolean => !key.startsWith('slots/');
    assert.deepEqual([...after].filter(isData), [...before].filter(isData));
    // Nothing of what the old passphrase opened is left.
    assert.equal([...after.keys()].filter((key) => key.startsWith('slots/')).length, 1);
    assert.deepEqual(await openingSecrets(on.objectStore, [passphrase, 'another one']), [
      'another one',
    ]);
    const reopened = await cheapStrata.openRepository(optionsOn(on.objectStore, 'another one'));
    await assertPointIs(reopened, point.pointId, volume);
  });

  it('open with each of several passphrases, until theirs is removed', async () => {
    const objectStore = await emptyRepository();
    const options = optionsOn(objectStore);
    const added = await keySlots.addPassphrase(options, { passphrase: 'second', label: 'Zoë' });
    const all = [passphrase, 'second'];
    assert.deepEqual(await openingSecrets(objectStore, all), all);
    const seen = await keySlots.list(optionsOn(objectStore, 'second'));
    assert.equal(seen.openedId, added.id);
    assert.deepEqual(
      seen.slots.map(({ label }) => label),
      ['passphrase', 'Zoë'],
    );

    assert.deepEqual(await keySlots.remove(options, added.id), added);

    assert.deepEqual(await openingSecrets(objectStore, all), [passphrase]);
    await assert.rejects(keySlots.remove(options, added.id), { code: 'UNKNOWN_KEY_SLOT' });
  });

  it('are never removed to the last', async () => {
    const objectStore = await emptyRepository();
    const { openedId } = await keySlots.list(optionsOn(objectStore));
    await assert.rejects(keySlots.remove(optionsOn(objectStore), openedId), {
      code: 'LAST_KEY_SLOT',
      remedy: /Add another one first/,
    });
    assert.deepEqual(await openingSecrets(objectStore, [passphrase]), [passphrase]);

    // One's own can go when there is another.
    await keySlots.addPassphrase(optionsOn(objectStore), { passphrase: 'second', label: 'b' });
    await keySlots.remove(optionsOn(objectStore), openedId);
    assert.deepEqual(await openingSecrets(objectStore, [passphrase, 'second']), ['second']);
  });

  it('open with a recovery key like with a passphrase, and it is told once', async () => {
    const objectStore = await emptyRepository();
    const { recoveryKey, slot } = await keySlots.addRecoveryKey(optionsOn(objectStore), 'paper');
    const other = await keySlots.addRecoveryKey(optionsOn(objectStore), 'safe');
    assert.notEqual(recoveryKey, other.recoveryKey);

    const typed = recoveryKey.toLowerCase().replaceAll('-', ' ');
    const seen = await keySlots.list(optionsOn(objectStore, typed));
    assert.equal(seen.openedId, slot.id);
    for (const [key, content] of await contentsOf(objectStore)) {
      const bytes = Buffer.from(content, 'base64').toString('latin1');
      assert.ok(!bytes.includes(recoveryKey), `${key} does not have it`);
    }

    // The passphrase is lost: the recovery key makes a new one.
    const options = optionsOn(objectStore, recoveryKey);
    await assert.rejects(keySlots.changePassphrase(options, 'new'), { code: 'INVALID_ARGUMENT' });
    await keySlots.addPassphrase(options, { passphrase: 'new', label: 'new' });
    await keySlots.remove(options, seen.slots[0]?.id ?? assert.fail('there are three'));
    assert.deepEqual(await openingSecrets(objectStore, [passphrase, 'new', recoveryKey]), [
      'new',
      recoveryKey,
    ]);
  });

  it('say at once that a secret is wrong, before anything is made', async () => {
    const objectStore = await emptyRepository();
    const { recoveryKey } = await keySlots.addRecoveryKey(optionsOn(objectStore), 'paper');
    const before = await contentsOf(objectStore);
    const elsewhere = await keySlots.addRecoveryKey(optionsOn(await emptyRepository()), 'other');
    const last = recoveryKey.endsWith('0') ? '2' : '0';
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['wrong', /the passphrase does not open/],
      [elsewhere.recoveryKey, /the recovery key does not open/],
      [recoveryKey.slice(0, -1) + last, /typing mistake/],
      [recoveryKey.slice(0, -3), /53 characters/],
    ];
    for (const [secret, message] of wrong) {
      const options = optionsOn(objectStore, secret);
      const expected = { code: 'WRONG_PASSPHRASE', message };
      await assert.rejects(cheapStrata.openRepository(options), expected);
      await assert.rejects(keySlots.list(options), expected);
      await assert.rejects(keySlots.changePassphrase(options, 'new'), expected);
      await assert.rejects(keySlots.addRecoveryKey(options, 'x'), expected);
      await assert.rejects(keySlots.rotateMasterKey(options, 'remove'), expected);
    }
    assert.deepEqual(await contentsOf(objectStore), before);
  });

  it('refuse what cannot be a passphrase or a label, and more than sixteen', async () => {
    const objectStore = await emptyRepository();
    const options = optionsOn(objectStore);
    const { recoveryKey } = await keySlots.addRecoveryKey(options, 'paper');
    for (const bad of ['', 'x'.repeat(1025), recoveryKey]) {
      await assert.rejects(keySlots.changePassphrase(options, bad), { code: 'INVALID_ARGUMENT' });
      const added = { passphrase: bad, label: 'x' };
      await assert.rejects(keySlots.addPassphrase(options, added), { code: 'INVALID_ARGUMENT' });
    }
    for (const label of ['', 'x'.repeat(65), 'two\nlines']) {
      await assert.rejects(keySlots.addRecoveryKey(options, label), { code: 'INVALID_ARGUMENT' });
    }
    for (let slots = 2; slots < 16; slots += 1) await keySlots.addRecoveryKey(options, 'more');
    await assert.rejects(keySlots.addRecoveryKey(options, 'more'), { code: 'LIMIT_EXCEEDED' });
    assert.equal((await keySlots.list(options)).slots.length, 16);
    assert.equal((await keysIn(objectStore, 'slots/')).length, 1);
  });

  it('of the product itself are as hard to try as those of a new repository', async () => {
    assert.ok(strataFormat.keySlots !== null);
    const objectStore = await emptyRepository();
    await strataFormat.keySlots.changePassphrase(optionsOn(objectStore), 'new');
    const [key = assert.fail('there is a table')] = await keysIn(objectStore, 'slots/');
    const bytes = await objectStore.get(key as never);
    const at = Buffer.from(bytes).indexOf('memoryKib') + 'memoryKib'.length;
    // msgpack: a number of four bytes
    assert.equal(bytes[at], 0xce);
    assert.equal(Buffer.from(bytes).readUInt32BE(at + 1), 65_536);
  });

  it('leave a repository that is open as it was', async () => {
    const on = await FormatBench.create(cheapStrata);
    await keySlots.changePassphrase(optionsOn(on.objectStore), 'another one');
    const point = await on.backUp(volume, allocated(volume));
    const reopened = await cheapStrata.openRepository(optionsOn(on.objectStore, 'another one'));
    await assertPointIs(reopened, point.pointId, volume);
  });
});

describe('the key slot in the header of an older repository', () => {
  it('is listed as one that stays, and counts no more after the first change', async () => {
    const objectStore = await storeOf(await readGoldenObjects('v1-points'));
    const options = optionsOn(objectStore, goldenPassphrase);
    const list = await keySlots.list(options);
    assert.deepEqual([list.slots.length, list.firstPassphrase], [1, 'permanent']);

    await assert.rejects(keySlots.remove(options, list.openedId), { code: /KEY_SLOT/ });
    await keySlots.changePassphrase(options, 'another one');

    const both = [goldenPassphrase, 'another one'];
    assert.deepEqual(await openingSecrets(objectStore, both), ['another one']);
    const changed = await keySlots.list(optionsOn(objectStore, 'another one'));
    assert.equal(changed.firstPassphrase, 'permanent');
    const repository = await cheapStrata.openRepository(optionsOn(objectStore, 'another one'));
    const points = await Array.fromAsync(repository.listPoints());
    const { points: expected } = await readExpected('v1-points');
    assert.equal(points.length, Object.keys(expected).length);
  });

  it('goes on to open beside a recovery key that is added', async () => {
    const objectStore = await storeOf(await readGoldenObjects('v1-points'));
    const options = optionsOn(objectStore, goldenPassphrase);
    const { recoveryKey } = await keySlots.addRecoveryKey(options, 'paper');
    const both = [goldenPassphrase, recoveryKey];
    assert.deepEqual(await openingSecrets(objectStore, both), both);
  });
});
