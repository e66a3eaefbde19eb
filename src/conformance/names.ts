import assert from 'node:assert/strict';
import { type FormatBench, everything, instanceId } from './format-bench.ts';
import { modelVolume, text } from './model-volume.ts';
import type { TestRunner } from './test-runner.ts';
import type { ObjectKey } from '../ports/object-store.ts';

/** The store is shared with the ledger, the mailboxes and what workers fetch. */
export function namesConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  const volume = modelVolume(text(0, 3));
  const others = ['ledger/log/x' as ObjectKey, 'workers/x.tar.gz' as ObjectKey];

  describe('what is not its own', () => {
    it('stays as it is in all that the format does', async () => {
      const on = await bench();
      for (const key of others) await on.objectStore.create(key, Buffer.from('not yours'));

      const point = await on.backUp(volume, everything);
      const discarded = await on.transfer(on.newSession(), volume, everything, null);
      await on.repository.discardWriter(discarded.sessionId, instanceId);
      await on.repository.removePoint(point.pointId, instanceId);
      if (on.repository.collector !== null) await Array.fromAsync(on.repository.collector.run());

      for (const key of others) {
        assert.notEqual(await on.objectStore.head(key), null, `${key} was removed`);
      }
      const own = ['ledger/', 'workers/'].map((prefix) => on.objectStore.list(prefix));
      const keys = (await Promise.all(own.map((list) => Array.fromAsync(list)))).flat();
      assert.deepEqual(keys.map(({ key }) => key).toSorted(), [...others].toSorted());
    });

    it('goes when it is the mailbox of a session that has ended, and not before', async () => {
      for (const ending of ['closeWriter', 'discardWriter'] as const) {
        const on = await bench();
        const request = await on.transfer(on.newSession(), volume, everything, null);
        const { sessionId } = request;
        const mailbox = `control/${sessionId}/a0000/hello` as ObjectKey;
        await on.objectStore.create(mailbox, Buffer.from('hello'));
        if (ending === 'closeWriter') await on.repository.commitPoint(request);
        assert.notEqual(await on.objectStore.head(mailbox), null, 'the session has not ended');

        await on.repository[ending](sessionId, instanceId);

        const left = await Array.fromAsync(on.objectStore.list(`control/${sessionId}/`));
        assert.deepEqual(
          left.map(({ key }) => key),
          [],
          `${ending} leaves nothing under control/SESSION/`,
        );
      }
    });

    it('is told of as a mailbox: of a session that can make no point, of one that can, of one that nobody knows; a collection removes the first', async () => {
      const on = await bench();
      const { collector } = on.repository;
      if (collector === null) return;
      const discarded = await on.transfer(on.newSession(), volume, everything, null);
      await on.repository.discardWriter(discarded.sessionId, instanceId);
      const committed = await on.transfer(on.newSession(), volume, everything, null);
      await on.repository.commitPoint(committed);
      await on.repository.closeWriter(committed.sessionId);
      const open = on.newSession();
      await on.repository.registerWriter(open, instanceId);
      const stranger = on.newSession();
      const sessions = [discarded.sessionId, committed.sessionId, open, stranger];
      // What a worker writes that slept, and what comes between the sessions in a listing.
      for (const name of [...sessions, 'probe-1']) {
        for (const object of ['hello', 'done']) {
          await on.objectStore.create(
            `control/${name}/a0001/${object}` as ObjectKey,
            Buffer.alloc(5),
          );
        }
      }

      const told = new Map((await collector.mailboxes()).map((one) => [one.sessionId, one]));

      const totals = { objects: 2, bytes: 10 };
      assert.deepEqual(
        sessions.map((sessionId) => told.get(sessionId)),
        [
          { sessionId: discarded.sessionId, instanceId, writer: 'ended', ...totals },
          { sessionId: committed.sessionId, instanceId, writer: 'ended', ...totals },
          { sessionId: open, instanceId, writer: 'open', ...totals },
          { sessionId: stranger, instanceId: null, writer: 'unknown', ...totals },
        ],
      );
      assert.equal(told.size, sessions.length);

      await Array.fromAsync(collector.run());

      const left = (await collector.mailboxes()).map(({ sessionId }) => sessionId);
      assert.deepEqual(left.toSorted(), [open, stranger].toSorted(), 'of ended ones a collection');
    });
  });
}
