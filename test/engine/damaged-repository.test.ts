import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { imageFolder } from '../../src/adapters/image-folder/image-folder.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import type { VerifyFinding } from '../../src/format/verification.ts';
import { watched } from '../support/engine/watched-backup.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import {
  backUp,
  blockTotals,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { flipBit } from '../support/vault/disk-image.ts';
import { findPack, storedObject, type StoredObject } from '../support/vault/find-packs.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';

describe('a flipped bit', () => {
  /** One point in the vault: `old`; the disk has changed since. */
  let prepared: PreparedVault;
  let folder: string;

  before(async () => {
    prepared = await prepareVault({
      blocks: 6,
      changedBlocks: 2,
      policy: { transport: 'direct' },
    });
  });
  after(() => prepared[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await prepared.copy();
  });

  const onlyPoint = async (vault: OpenTestVault): Promise<PointId> => {
    const [point, ...others] = await Array.fromAsync(vault.engine.listPoints());
    assert.ok(point !== undefined && others.length === 0);
    return point.pointId;
  };

  /** A second point, which shares what has not changed with the first. */
  const twoPoints = async (): Promise<{ readonly old: PointId; readonly young: PointId }> => {
    await using vault = await openTestVault(folder);
    const old = await onlyPoint(vault);
    const { summary } = await backUp(vault.engine);
    assert.ok(summary.pointId !== null);
    return { old, young: summary.pointId };
  };

  const findings = async (
    { engine }: OpenTestVault,
    depth: 'structure' | 'deep',
  ): Promise<readonly VerifyFinding[]> => {
    const found: VerifyFinding[] = [];
    for await (const one of engine.verify({ depth })) if (one.kind === 'finding') found.push(one);
    return found;
  };

  const restore = async (
    { engine }: OpenTestVault,
    pointId: PointId,
    to: string,
  ): Promise<FinishedSession> => {
    const target = imageFolder({ folder: to, existing: 'refuse' });
    return finished(await engine.startRestore({ pointId, target }));
  };

  it('in a block is named, and everything else is restored under a name that warns', async () => {
    const { old, young } = await twoPoints();
    const pack = await findPack(folder, young, 'data');
    await flipBit(pack.file, -1);
    await using vault = await openTestVault(folder);
    const [finding, ...others] = await findings(vault, 'deep');
    assert.deepEqual(others, []);
    assert.equal(finding?.objectKey, pack.key);
    assert.equal(finding.pointId, young);
    assert.equal(finding.blockCount, 1);

    const to = path.join(prepared.temporaryFolder, 'damaged-block');
    const { summary } = await restore(vault, young, to);
    assert.equal(summary.status, 'failed');
    assert.equal(summary.problems[0]?.code, 'POINT_DAMAGED');
    assert.match(summary.problems[0].message, /524288 bytes of \/dev\/sda/);
    assert.deepEqual((await readdir(to)).sort(), ['sda.img.damaged', 'sda.img.damaged.json']);

    const offsetBytes = finding.firstBlock * blockSizeBytes;
    const list: unknown = JSON.parse(await readFile(path.join(to, 'sda.img.damaged.json'), 'utf8'));
    const { reason } = finding;
    const lengthBytes = blockSizeBytes;
    assert.deepEqual(list, [{ offsetBytes, lengthBytes, objectKey: pack.key, reason }]);
    const disk = await readFile(prepared.diskPath);
    disk.fill(0, offsetBytes, offsetBytes + blockSizeBytes);
    assert.ok(disk.equals(await readFile(path.join(to, 'sda.img.damaged'))), 'the rest is there');

    assert.deepEqual(await restoredDigests(vault, old), [prepared.oldDigest]);
  });

  it('in a map is named with the blocks behind it, and the other point is sound', async () => {
    const { old, young } = await twoPoints();
    const pack = await findPack(folder, young, 'map');
    await flipBit(pack.file, -1);
    await using vault = await openTestVault(folder);
    const found = await findings(vault, 'structure');
    assert.deepEqual(
      found.map(({ objectKey, pointId }) => ({ objectKey, pointId })),
      [{ objectKey: pack.key, pointId: young }],
    );
    const to = path.join(prepared.temporaryFolder, 'damaged-map');
    assert.equal((await restore(vault, young, to)).summary.problems[0]?.code, 'POINT_DAMAGED');
    assert.deepEqual(await restoredDigests(vault, old), [prepared.oldDigest]);
  });

  it('in a manifest is named, and the other point is found, restored and verified', async () => {
    const { old, young } = await twoPoints();
    const manifest = storedObject(folder, `points/${web1}/${young}`);
    await flipBit(manifest.file, -1);
    await using vault = await openTestVault(folder);
    const found = await findings(vault, 'structure');
    assert.deepEqual(
      found.map(({ objectKey, pointId }) => ({ objectKey, pointId })),
      [{ objectKey: manifest.key, pointId: young }],
    );
    const target = imageFolder({ folder: `${folder}-restored`, existing: 'refuse' });
    await assert.rejects(vault.engine.startRestore({ pointId: young, target }), {
      code: 'OBJECT_CORRUPT',
      message: new RegExp(manifest.key),
    });
    assert.equal(await vault.engine.findPoint(old.slice(0, 8)), old);
    assert.deepEqual(await restoredDigests(vault, old), [prepared.oldDigest]);
  });

  it('in the key of a session is named', async () => {
    const { old, young } = await twoPoints();
    const key = storedObject(folder, `keys/${old}`);
    await flipBit(key.file, -1);
    await using vault = await openTestVault(folder);
    const found = await findings(vault, 'structure');
    assert.deepEqual(
      [...new Set(found.map(({ objectKey }) => objectKey))].filter((one) => one !== key.key),
      [],
    );
    assert.ok(found.some(({ pointId }) => pointId === old));
    const to = path.join(prepared.temporaryFolder, 'damaged-key');
    const { summary } = await restore(vault, young, to);
    assert.equal(summary.status, 'failed', 'four of its blocks are under the damaged key');
    const list = await readFile(path.join(to, 'sda.img.damaged.json'), 'utf8');
    assert.ok(list.includes(key.key));
  });

  for (const [part, offset] of [
    ['magic', 0],
    ['last byte', -1],
    ['middle', 60],
  ] as const) {
    it(`in the header (${part}) keeps the repository shut and does no harm`, async () => {
      await flipBit(storedObject(folder, 'strata').file, offset);
      await using vault = await openTestVault(folder);
      await assert.rejects(vault.engine.startBackup({ instanceId: web1 }), (error: unknown) => {
        assert.ok(error instanceof Error && 'code' in error);
        assert.match(
          String(error.code),
          /^(OBJECT_CORRUPT|NOT_A_REPOSITORY|REPOSITORY_VERSION|WRONG_PASSPHRASE)$/,
        );
        return true;
      });
      await flipBit(storedObject(folder, 'strata').file, offset);
      assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    });
  }

  const parents: readonly (readonly [
    string,
    (point: PointId) => Promise<StoredObject> | StoredObject,
  ])[] = [
    ['the map', (point) => findPack(folder, point, 'map')],
    ['the manifest', (point) => storedObject(folder, `points/${web1}/${point}`)],
    ['the key', (point) => storedObject(folder, `keys/${point}`)],
  ];
  for (const [part, find] of parents) {
    it(`in ${part} of the parent point makes the next backup a full one that is sound`, async () => {
      {
        await using vault = await openTestVault(folder);
        const { file } = await find(await onlyPoint(vault));
        await flipBit(file, -1);
      }
      await using vault = await openTestVault(folder);
      const next = await backUp(vault.engine);
      assert.equal(next.summary.status, 'succeeded');
      assert.deepEqual(readModes(next), ['allocated: parent-damaged']);
      assert.ok(next.summary.pointId !== null);
      assert.deepEqual(await restoredDigests(vault, next.summary.pointId), [prepared.diskDigest]);
      assert.deepEqual(readModes(await backUp(vault.engine)), ['changed']);
    });
  }

  it('in the map of the parent that comes up after the planning breaks no point', async () => {
    await using vault = await openTestVault(folder);
    const { file } = await findPack(folder, await onlyPoint(vault), 'map');
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const session = await watched(running, async ({ type }) => {
      if (type === 'ReadPlanned') await flipBit(file, -1);
    });
    if (session.summary.status === 'failed') await assertNothingLeft(vault);
    const next = await backUp(vault.engine);
    assert.equal(next.summary.status, 'succeeded');
    assert.ok(next.summary.pointId !== null);
    await using reader = await openTestVault(folder);
    assert.deepEqual(await restoredDigests(reader, next.summary.pointId), [prepared.diskDigest]);
  });

  it('in a block that points share is healed by a full point, which stores everything anew', async () => {
    const old = await (async () => {
      await using vault = await openTestVault(folder);
      return await onlyPoint(vault);
    })();
    const pack = await findPack(folder, old, 'data');
    await flipBit(pack.file, -1);
    await using vault = await openTestVault(folder);
    const [finding] = await findings(vault, 'deep');
    assert.equal(finding?.objectKey, pack.key);

    const heir = await backUp(vault.engine);
    assert.ok(heir.summary.pointId !== null);
    assert.deepEqual(readModes(heir), ['changed'], 'it builds upon what the record cannot give');
    const hurt = new Set((await findings(vault, 'deep')).map(({ pointId }) => pointId));
    assert.ok(hurt.has(heir.summary.pointId));

    const full = await backUp(vault.engine, { pointKind: 'full' });
    assert.ok(full.summary.pointId !== null);
    assert.equal(recorded(full, 'SessionStarted')[0]?.pointKind, 'full');
    assert.deepEqual(readModes(full), ['allocated: full-requested']);
    const { read, zero, unchanged, deduplicated, stored } = blockTotals(full);
    assert.deepEqual([unchanged, deduplicated], [0, 0]);
    assert.equal(stored, read - zero);
    assert.ok(stored >= 6, 'all blocks with content');
    const { pointId } = full.summary;
    for await (const one of vault.engine.verify({ depth: 'deep', pointId })) {
      assert.equal(one.kind, 'progress');
    }
    assert.deepEqual(await restoredDigests(vault, pointId), [prepared.diskDigest]);

    const next = await backUp(vault.engine);
    assert.deepEqual(readModes(next), ['changed']);
    assert.ok(next.summary.pointId !== null);
    const stillHurt = new Set((await findings(vault, 'deep')).map((one) => one.pointId));
    assert.deepEqual(stillHurt, new Set([old, heir.summary.pointId]), 'what comes after is sound');
  });

  it('a full point is refused where only snapshots are wanted', async () => {
    await using vault = await openTestVault(folder);
    const request = { instanceId: web1, pointKind: 'full', scope: 'snapshot-only' } as const;
    await assert.rejects(vault.engine.startBackup(request), { code: 'INVALID_ARGUMENT' });
    assert.equal((await vault.engine.listSessions()).length, 1);
  });

  it('a pack that is gone is named like a damaged one', async () => {
    const { old, young } = await twoPoints();
    const pack = await findPack(folder, young, 'data');
    await rm(pack.file);
    await using vault = await openTestVault(folder);
    const found = await findings(vault, 'structure');
    assert.deepEqual([...new Set(found.map(({ objectKey }) => objectKey))], [pack.key]);
    const to = path.join(prepared.temporaryFolder, 'no-pack');
    assert.equal((await restore(vault, young, to)).summary.problems[0]?.code, 'POINT_DAMAGED');
    assert.deepEqual(await restoredDigests(vault, old), [prepared.oldDigest]);
  });
});
