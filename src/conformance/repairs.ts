import assert from 'node:assert/strict';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { SessionId } from '../domain/identifiers.ts';
import type { PointManifest } from '../format/restore-point.ts';
import type { BlocksElsewhere, Repairer, RepairOptions } from '../format/repairer.ts';
import { assertPointIs } from './assert-point.ts';
import { atEveryWrite } from './at-every-write.ts';
import { changed, everything, type FormatBench, instanceId, volumeId } from './format-bench.ts';
import { blockOf, type ModelBlock, type ModelVolume, modelVolume } from './model-volume.ts';
import { mortalStore } from './mortal-store.ts';
import type { TestRunner } from './test-runner.ts';

const blocks = Array.from({ length: 5 }, (_, n): ModelBlock => `noise-${n}`);
const before = modelVolume(blocks, 77);
const after = modelVolume(['noise-9', ...blocks.slice(1)], 77);

/**
 * Healing, in formats that do: what is lost comes back as it was or stays lost. Nothing is asked of a
 * format without a repairer.
 */
export function repairsConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('a repair', () => {
    /** Two points of which all that the first one's worker has stored is lost; null without a repairer. */
    const damaged = async (): Promise<Damaged | null> => {
      const on = await bench();
      if (on.repository.repairer === null) return null;
      const first = await on.backUp(before, everything);
      const second = await on.backUp(after, changed(before, after), first);
      for await (const { key } of on.objectStore.list(`packs/${first.pointId}/`)) {
        const bytes = await on.objectStore.get(key);
        // Bits that have flipped, one in every KiB.
        for (let at = 0; at < bytes.length; at += 1024) bytes[at] = (bytes[at] ?? 0) ^ 1;
        await on.objectStore.delete(key);
        await on.objectStore.create(key, bytes);
      }
      return { on, points: [first, second], suspects: await suspectsOf(on) };
    };

    it('brings back what is read elsewhere, for all points that need it, and a second one finds nothing', async () => {
      const start = await damaged();
      if (start === null) return;
      const { on, suspects } = start;
      const options = { suspects, elsewhere: snapshotOf(after, before) };
      const plan = await repairerOf(on).planRepair(instanceId, options);
      assert.ok(plan.blocksDamaged + plan.mapPartsDamaged > 0, 'a plan tells what is damaged');
      await assert.rejects(assertPointIs(on.repository, start.points[0].pointId, before));

      await repairerOf(on).repair(instanceId, on.newSession(), options);

      await assertHealed(start, on);
      const again = await repairerOf(on).planRepair(instanceId, options);
      assert.equal(again.blocksDamaged + again.mapPartsDamaged, 0);
    });

    it('stores nothing that is not what was lost', async () => {
      const start = await damaged();
      if (start === null) return;
      const { on, suspects } = start;
      const wrong: BlocksElsewhere = async function* ({ lengthBytes }) {
        await Promise.resolve();
        yield new Uint8Array(lengthBytes);
        yield new Uint8Array(3);
        yield blockOf(modelVolume(['noise-77']), 0).slice(0, lengthBytes);
      };
      const options = { suspects, elsewhere: wrong };
      await repairerOf(on).repair(instanceId, on.newSession(), options);

      const reader = await on.repository.openPoint(start.points[0].pointId);
      for await (const run of reader.readVolume(volumeId)) {
        if (run.kind === 'damage') continue;
        let offset = 0;
        for (let n = 0; n < run.blockCount; n += 1) {
          const expected = blockOf(before, run.first + n);
          const found = run.bytes.subarray(offset, offset + expected.length);
          assert.equal(Buffer.compare(found, expected), 0, `block ${run.first + n}`);
          offset += expected.length;
        }
      }
    });

    it('has healed all or nothing when it dies at any of its writes, and can be begun anew', async () => {
      const start = await damaged();
      if (start === null) return;
      const options = { suspects: start.suspects, elsewhere: snapshotOf(after, before) };
      await atEveryWrite(async (death) => {
        const on = await start.on.copy();
        const mortal = mortalStore(on.objectStore, death);
        const sessionId = on.newSession();
        const dying = repairerOf(await on.reopen(mortal.objectStore));
        await dying.repair(instanceId, sessionId, options).catch(() => null);

        const heir = await on.reopen();
        await end(heir, sessionId);
        await repairerOf(heir).repair(instanceId, heir.newSession(), options);
        await assertHealed(start, await on.reopen());
        return mortal.hasDied();
      });
    });
  });
}

interface Damaged extends Pick<RepairOptions, 'suspects'> {
  readonly on: FormatBench;
  readonly points: readonly [PointManifest, PointManifest];
}

async function assertHealed({ points }: Damaged, on: FormatBench): Promise<void> {
  await assertPointIs(on.repository, points[0].pointId, before);
  await assertPointIs(on.repository, points[1].pointId, after);
  assert.deepEqual(await suspectsOf(on), new Set());
}

/** What an engine does with a session that died. */
async function end({ repository }: FormatBench, sessionId: SessionId): Promise<void> {
  try {
    await repository.discardWriter(sessionId, instanceId);
  } catch (error) {
    // It has healed for good.
    if (!hasErrorCode(error, 'SESSION_FENCED')) throw error;
    await repository.closeWriter(sessionId);
  }
}

async function suspectsOf({ repository }: FormatBench): Promise<ReadonlySet<string>> {
  const suspects = new Set<string>();
  for await (const result of repository.verify({ depth: 'deep', instanceId })) {
    if (result.kind === 'finding') suspects.add(result.objectKey);
  }
  return suspects;
}

/** What snapshots of the volume give, one after the other. */
function snapshotOf(...volumes: readonly ModelVolume[]): BlocksElsewhere {
  return async function* ({ blockIndex }) {
    await Promise.resolve();
    for (const volume of volumes) yield blockOf(volume, blockIndex).slice();
  };
}

function repairerOf({ repository }: FormatBench): Repairer {
  assert.ok(repository.repairer !== null, 'a format heals or does not');
  return repository.repairer;
}
