import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import { runOffersStream } from '../../src/engine/ledger/stream-names.ts';
import { createVault } from '../../src/vault/create-vault.ts';
import { eventually } from '../support/engine/eventually.ts';
import { withShortLeases } from '../support/engine/short-leases.ts';
import { FakeKurrentDb } from '../support/kurrentdb/fake-kurrentdb.ts';
import { splitCredentials } from '../support/kurrentdb/split-credentials.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { deviceOf } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { workerProgramPath } from '../../src/vault/program-file.ts';

const policies = Array.from({ length: 6 }, (_, index) => `policy-${index}` as PolicyId);
const longAgoMs = 10 * 60_000;
const lookEveryMs = 250;

interface EngineProcess {
  readonly child: ChildProcess;
  /** The lines that it has printed so far; each but `ready` is a run that it begins or goes on with. */
  readonly lines: string[];
  readonly stderr: Promise<string>;
}

function startEngine(folder: string): EngineProcess {
  const program = fileURLToPath(new URL('../support/engine/policy-engine.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, workerProgramPath(), 'leases'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (printed: string) => {
    lines.push(...printed.split('\n').filter((line) => line !== '' && line !== 'ready'));
  });
  return { child, lines, stderr: text(child.stderr) };
}

async function ended({ child }: EngineProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

interface SharedServer {
  readonly name: string;
  readonly start: () => Promise<{ readonly url: string } & AsyncDisposable>;
}

/** With a user in it, it would have to be told to each process in another way. */
const given = process.env['KURRENTDB_URL'] ?? '';
const realUrl = splitCredentials(given).credentials === null ? given : '';
const nothing = (): Promise<void> => Promise.resolve();

const servers: readonly SharedServer[] = [
  { name: 'a fake KurrentDB', start: () => FakeKurrentDb.start() },
  ...(realUrl === ''
    ? []
    : [
        {
          name: 'the KurrentDB of KURRENTDB_URL',
          start: () => Promise.resolve({ url: realUrl, [Symbol.asyncDispose]: nothing }),
        },
      ]),
];

for (const { name, start } of servers) {
  describe(`runs of policies that ${name} hands out`, { timeout: 230_000 }, () => {
    let temporary: TemporaryFolder;
    let server: Awaited<ReturnType<SharedServer['start']>>;
    let folder: string;
    before(async () => {
      temporary = await makeTemporaryFolder();
      server = await start();
      folder = path.join(temporary.path, 'vault');
      await createVault({
        folder,
        passphrase: testPassphrase,
        eventStore: { location: server.url },
      });
      // Set a while ago, and due once since then.
      const then = (): TimestampMs => (systemClock.now() - longAgoMs) as TimestampMs;
      await using vault = await openTestVault(folder, {
        decorate: () => ({ clock: { ...systemClock, now: then } }),
      });
      const due = new Date(then() + longAgoMs / 2);
      const expression = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
      for (const policyId of policies) {
        const instanceId = `app-${policyId}` as InstanceId;
        const imagePath = path.join(temporary.path, `${instanceId}.img`);
        await makeDisk(imagePath, ['x']);
        await vault.cloud.addInstance({
          instanceId,
          volumes: [{ device: deviceOf(0), imagePath }],
        });
        const policy = defaultPolicy(policyId, [instanceId]);
        await vault.engine.setPolicy({
          ...policy,
          image: { ...policy.image, level: 'off' },
          snapshots: { ...policy.snapshots, schedules: [{ kind: 'cron', expression }] },
        });
      }
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    });

    it('are begun once each, by several engines, and one that is killed takes none of them with it', async () => {
      await using vault = await openTestVault(folder, { decorate: withShortLeases });
      const engines = [startEngine(folder), startEngine(folder), startEngine(folder)];
      try {
        await eventually('one of them has begun a run', () =>
          engines.some(({ lines }) => lines.length > 0),
        );
        const doomed = engines.find(({ lines }) => lines.length > 0);
        assert.ok(doomed !== undefined);
        await ended(doomed, 'SIGKILL');
        const others = engines.filter((one) => one !== doomed);
        await eventually('every policy has had its run', async () => {
          // Each look is work for a fake, which is in this process, and keeps the engines waiting.
          await systemClock.sleep(lookEveryMs);
          const runs = await runsOf(vault);
          return (
            runs.length === policies.length && runs.every(({ status }) => status !== 'running')
          );
        });
        for (const one of others) {
          await ended(one, 'SIGTERM');
          assert.equal(await one.stderr, '');
        }
        const runs = await runsOf(vault);
        assert.deepEqual(
          runs.map(({ policyId, status }) => [policyId, status]).toSorted(),
          policies.map((policyId) => [policyId, 'succeeded']),
        );
        const atWork = engines.filter(({ lines }) => lines.length > 0);
        assert.ok(atWork.length > 1, 'more than one of them has begun runs');
        const offers = await Array.fromAsync(
          vault.dependencies.eventStore.readStream(runOffersStream),
        );
        assert.equal(offers.length, policies.length, 'each was put up once');
      } finally {
        await Promise.all(engines.map((one) => ended(one, 'SIGKILL')));
      }
    });

    async function runsOf({
      engine,
    }: Awaited<ReturnType<typeof openTestVault>>): ReturnType<typeof engine.listSessions> {
      const sessions = await engine.listSessions();
      return sessions.filter(({ kind }) => kind === 'policy-run');
    }
  });
}
