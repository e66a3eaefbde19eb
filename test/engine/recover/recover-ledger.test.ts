import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { recordHash } from '../../../src/engine/ledger/record-hash.ts';
import { type LedgerRecovery, recoverLedger } from '../../../src/engine/recover/recover-ledger.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import { counted, counter, ledgerRig } from '../ledger/ledger-rig.ts';
import {
  instanceA,
  ledgerSealedTwice,
  sealedLedgerRig,
  type SealedLedgerRig,
  sessionA,
  sessionB,
  testRepository,
} from '../transparency-log/sealed-ledger-rig.ts';

function recovered({ objectStore }: SealedLedgerRig, target: EventStore): Promise<LedgerRecovery> {
  const repository = {
    ...testRepository(1),
    async *listPoints() {
      yield* await Promise.resolve([]);
    },
  } as Partial<Repository> as Repository;
  const retry = {
    policy: { attemptsMax: 1, firstDelayMs: 1, delayMaxMs: 1 },
    clock: systemClock,
    random: systemRandom,
  };
  return recoverLedger({ objectStore, repository, random: systemRandom, retry }, target);
}

async function hashesIn(eventStore: EventStore): Promise<readonly string[]> {
  const hashes = await Array.fromAsync(
    eventStore.readAll(),
    (one) => `${one.stream} ${recordHash(one.stream, one.revision, one)}`,
  );
  return hashes.toSorted();
}

/** Two entries, the first of which takes several appends. */
async function sealedRig(): Promise<SealedLedgerRig> {
  const rig = await sealedLedgerRig();
  await rig.record(sessionA, ...Array.from({ length: 150 }, (_, at) => at));
  await rig.record(instanceA, 1, 2);
  return rig;
}

describe('filling an event store from the sealed log', () => {
  it('gives every record once, also where the log has some a second time', async () => {
    for (const rig of [await sealedRig(), await ledgerSealedTwice(1)]) {
      const target = createMemoryEventStore();
      const { records } = await recovered(rig, target);
      const hashes = await hashesIn(rig.eventStore);
      assert.deepEqual(await hashesIn(target), hashes);
      assert.equal(records, hashes.length);
    }
  });

  it('goes on from what a recovery left that broke off', async () => {
    const rig = await sealedRig();
    const target = createMemoryEventStore();
    let appends = 0;
    const breaking: EventStore = {
      append: (stream, expected, events) => {
        appends += 1;
        if (appends > 2) throw new SnapledgerError('LEDGER_ACCESS_DENIED', 'no more');
        return target.append(stream, expected, events);
      },
      readStream: (stream, options) => target.readStream(stream, options),
      readAll: (options) => target.readAll(options),
      subscribe: (options) => target.subscribe(options),
      close: () => target.close(),
    };
    await assert.rejects(recovered(rig, breaking), { code: 'LEDGER_ACCESS_DENIED' });
    const left = (await hashesIn(target)).length;
    assert.ok(left > 0 && left < 152, `${left} records are left`);
    await recovered(rig, target);
    assert.deepEqual(await hashesIn(target), await hashesIn(rig.eventStore));
  });

  it('is refused where anything else is, and writes nothing then', async () => {
    const rig = await sealedRig();
    const deeds: readonly (readonly [StreamName, number])[] = [
      [sessionB, 1],
      [sessionA, 99],
      ['engine-other' as StreamName, 1],
    ];
    for (const [stream, amount] of deeds) {
      const eventStore = createMemoryEventStore();
      const { ledger } = ledgerRig({ eventStore });
      await ledger.append(await ledger.load(stream, counter), counted(amount), 'Count', counter);
      await assert.rejects(recovered(rig, eventStore), {
        code: 'VAULT_EXISTS',
        message: new RegExp(`it has event 0 of the stream '${stream}'`),
      });
      assert.equal((await hashesIn(eventStore)).length, 1);
    }
  });
});
