import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../src/domain/identifiers.ts';
import { localEngineLimits } from '../../../src/engine/engine-limits.ts';
import type { EngineContext } from '../../../src/engine/engine-dependencies.ts';
import { SessionSeals } from '../../../src/engine/seal/session-seals.ts';
import type { SessionDirectory } from '../../../src/engine/session/session-directory.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { readLog } from '../../../src/engine/transparency-log/read-log.ts';
import { counted, counter } from '../ledger/ledger-rig.ts';
import {
  instanceA,
  sealedLedgerRig,
  type SealedLedgerRig,
  sessionA,
  sessionB,
  testRepository,
} from '../transparency-log/sealed-ledger-rig.ts';

const instanceId = sampleIds.instance('web-1');

interface Stores {
  readonly eventStore: EventStore;
  readonly objectStore: ObjectStore;
}

type Entries = () => Promise<readonly unknown[]>;

/** Seals of a new program on these stores, whose directory answers like this. */
function sealsWith(
  entries: Entries,
  stores: Stores = {
    eventStore: createMemoryEventStore(),
    objectStore: createMemoryObjectStore(),
  },
): SessionSeals {
  const context = {
    ...stores,
    repository: () => Promise.resolve(testRepository(1)),
    clock: systemClock,
    random: systemRandom,
    limits: localEngineLimits,
  } as unknown as EngineContext;
  return new SessionSeals(context, { entries } as unknown as SessionDirectory);
}

const afterMany = async (seals: SessionSeals, count: number): Promise<readonly string[]> => {
  const ended = Array.from({ length: count }, () => systemRandom.uuid() as SessionId);
  const outcomes = await Promise.all(ended.map((id) => seals.afterSession(id, { instanceId })));
  return outcomes.map(({ kind }) => kind);
};

const endedA = {
  status: 'succeeded',
  facts: {
    kind: 'backup',
    instanceId,
    policyId: null,
    sessionId: sessionA.slice('session-'.length),
  },
};

/** A log whose last entries have two events of session A, of which there are five. */
async function sealedInPart(...later: readonly StreamName[]): Promise<SealedLedgerRig> {
  const rig = await sealedLedgerRig();
  await rig.record(sessionA, 1, 2);
  for (const stream of later) await rig.record(stream, 7);
  for (const event of counted(3, 4, 5)) {
    await rig.ledger.append(await rig.ledger.load(sessionA, counter), [event], 'Count', counter);
  }
  return rig;
}

/** Events of session A that the log has. */
async function sealedOfA({ objectStore, keys }: SealedLedgerRig): Promise<number> {
  let count = 0;
  for await (const { segments } of readLog(objectStore, keys.signer)) {
    for (const { stream, records } of segments) if (stream === sessionA) count += records.length;
  }
  return count;
}

describe('a session of which its program sealed only a part before it died', () => {
  it('is sealed whole by the first session of the next program', async () => {
    const rig = await sealedInPart();
    const seals = sealsWith(() => Promise.resolve([endedA]), rig);
    assert.deepEqual(await afterMany(seals, 1), ['sealed']);
    assert.equal(await sealedOfA(rig), 5);
  });

  it('is sealed whole on demand, whatever was sealed since', async () => {
    const rig = await sealedInPart(sessionB, instanceA);
    const { kind } = await sealsWith(() => Promise.resolve([endedA]), rig).catchUp();
    assert.equal(kind, 'sealed');
    assert.equal(await sealedOfA(rig), 5);
  });
});

describe('sealing after sessions that end at once', () => {
  it('looks once at what ended before, however many they are', async () => {
    let looks = 0;
    const seals = sealsWith(() => {
      looks += 1;
      return Promise.resolve([]);
    });

    assert.deepEqual(new Set(await afterMany(seals, 50)), new Set(['sealed']));
    assert.deepEqual(await afterMany(seals, 1), ['sealed']);

    assert.equal(looks, 1);
  });

  it('looks again after a look that failed', async () => {
    let looks = 0;
    const seals = sealsWith(() => {
      looks += 1;
      return looks === 1
        ? Promise.reject(new SnapledgerError('LEDGER_CORRUPT', 'of the test'))
        : Promise.resolve([]);
    });

    assert.deepEqual(new Set(await afterMany(seals, 3)), new Set(['unsealed']));
    assert.deepEqual(new Set(await afterMany(seals, 3)), new Set(['sealed']));

    assert.equal(looks, 2);
  });
});
