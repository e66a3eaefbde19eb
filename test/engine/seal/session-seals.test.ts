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
import { fakeFormat } from '../../support/simulation/fake-format/fake-format.ts';

const instanceId = sampleIds.instance('web-1');

/** Seals on stores in memory, of a directory that answers like this. */
async function sealsWith(entries: () => Promise<readonly never[]>): Promise<SessionSeals> {
  const objectStore = createMemoryObjectStore();
  const repository = await fakeFormat.createRepository({
    objectStore,
    secret: { kind: 'passphrase', passphrase: 'of the test' },
    random: systemRandom,
    clock: systemClock,
  });
  const context = {
    objectStore,
    eventStore: createMemoryEventStore(),
    repository: () => Promise.resolve(repository),
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

describe('sealing after sessions that end at once', () => {
  it('looks once at what ended before, however many they are', async () => {
    let looks = 0;
    const seals = await sealsWith(() => {
      looks += 1;
      return Promise.resolve([]);
    });

    assert.deepEqual(new Set(await afterMany(seals, 50)), new Set(['sealed']));
    assert.deepEqual(await afterMany(seals, 1), ['sealed']);

    assert.equal(looks, 1);
  });

  it('looks again after a look that failed', async () => {
    let looks = 0;
    const seals = await sealsWith(() => {
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
