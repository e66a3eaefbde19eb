import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { EngineLimits } from '../../src/engine/engine-limits.ts';
import type { SessionSummary } from '../../src/engine/session-summary.ts';
import type { EventStore, HandedEvent, StreamName } from '../../src/ports/event-store.ts';
import { createVault } from '../../src/vault/create-vault.ts';
import { eventually } from '../support/engine/eventually.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { deviceOf } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const policyId = 'hourly' as PolicyId;
const longAgoMs = 10 * 60_000;

/** Hands out what `take` makes of the events of a stream. */
function handing(
  inner: EventStore,
  take: (stream: StreamName, signal: AbortSignal) => AsyncGenerator<HandedEvent>,
): EventStore {
  return {
    append: (...given) => inner.append(...given),
    readStream: (...given) => inner.readStream(...given),
    readAll: (...given) => inner.readAll(...given),
    subscribe: (...given) => inner.subscribe(...given),
    handOut: take,
    close: () => inner.close(),
  };
}

describe('an engine that is handed offers', { timeout: 120_000 }, () => {
  let temporary: TemporaryFolder;
  let folder: string;

  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = path.join(temporary.path, 'vault');
    await createVault({ folder, passphrase: testPassphrase });
    const then = (): TimestampMs => (systemClock.now() - longAgoMs) as TimestampMs;
    await using vault = await openTestVault(folder, {
      decorate: () => ({ clock: { ...systemClock, now: then } }),
    });
    const instanceId = 'web-1' as InstanceId;
    const imagePath = path.join(temporary.path, 'web-1.img');
    await makeDisk(imagePath, ['x']);
    await vault.cloud.addInstance({ instanceId, volumes: [{ device: deviceOf(0), imagePath }] });
    const policy = defaultPolicy(policyId, [instanceId]);
    const due = new Date(then() + longAgoMs / 2);
    const expression = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
    await vault.engine.setPolicy({
      ...policy,
      image: { ...policy.image, level: 'off' },
      snapshots: { ...policy.snapshots, schedules: [{ kind: 'cron', expression }] },
    });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  /** Runs policies until one run has ended, and a while longer; gives all runs, and what was said done. */
  async function runsWith(
    take: (inner: EventStore) => Parameters<typeof handing>[1],
    limits: Partial<EngineLimits>,
  ): Promise<readonly SessionSummary[]> {
    await using vault = await openTestVault(folder, {
      limits: { policyLookMaxMs: 50, ...limits },
      decorate: ({ eventStore }) => ({ eventStore: handing(eventStore, take(eventStore)) }),
    });
    const stop = new AbortController();
    const running = vault.engine.runPolicies({ until: 'aborted', signal: stop.signal });
    const runs = async (): Promise<readonly SessionSummary[]> =>
      (await vault.engine.listSessions()).filter(({ kind }) => kind === 'policy-run');
    await eventually('a run has ended', async () =>
      (await runs()).some(({ condition }) => condition === 'ended'),
    );
    await systemClock.sleep(300);
    stop.abort();
    await running;
    return await runs();
  }

  it('begins a run once, however often and late it is handed the offer', async () => {
    let handed = 0;
    let done = 0;
    const runs = await runsWith(
      (inner) =>
        async function* (_, signal) {
          for await (const record of inner.subscribe({ streamPrefix: 'run-offers', signal })) {
            const finish = (): Promise<void> => {
              done += 1;
              return Promise.resolve();
            };
            for (let time = 0; time < 3; time += 1) {
              handed += 1;
              yield { record, done: finish };
            }
          }
        },
      { offerMaxMs: 60_000 },
    );
    assert.deepEqual(
      runs.map(({ policyId: of, status }) => [of, status]),
      [[policyId, 'succeeded']],
    );
    assert.equal(handed, 3, 'one offer, three times');
    assert.equal(done, 3, 'what is not to be begun again is done as well');
  });

  it('begins a run that nobody was handed for so long by itself', async () => {
    const runs = await runsWith(
      () =>
        async function* (_, signal) {
          yield* [];
          await systemClock.sleep(60_000, signal).catch(() => undefined);
        },
      { offerMaxMs: 200 },
    );
    assert.deepEqual(
      runs.map(({ policyId: of, status }) => [of, status]),
      [[policyId, 'succeeded']],
    );
  });
});
