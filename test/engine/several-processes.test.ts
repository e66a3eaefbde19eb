import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import type { ScheduleEvent } from '../../src/domain/policy-run/schedule-events.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import { scheduleCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../src/engine/ledger/event-codec.ts';
import { scheduleStream } from '../../src/engine/ledger/stream-names.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { splitCredentials } from '../support/kurrentdb/split-credentials.ts';
import { FakeKurrentDb } from '../support/kurrentdb/fake-kurrentdb.ts';
import { eventually } from '../support/engine/eventually.ts';
import { withShortLeases } from '../support/engine/short-leases.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { deviceOf } from '../support/vault/make-test-vault.ts';
import {
  type OpenTestVault,
  openTestVault,
  testPassphrase,
} from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const both = 'both' as PolicyId;
const instances = ['app-1', 'app-2'].map((id) => id as InstanceId);

type Presence = 'locks' | 'leases';

interface EngineProcess {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
}

function startEngine(folder: string, presence: Presence, policyId = ''): EngineProcess {
  const program = fileURLToPath(new URL('../support/engine/policy-engine.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, gatedWorkerProgram, presence, policyId], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, stdout: text(child.stdout), stderr: text(child.stderr) };
}

/** Kills it, however far it is; for tests that fail in between. */
async function killed({ child }: EngineProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What a program printed that came to a good end after SIGTERM. */
async function stopped({ child, stdout, stderr }: EngineProcess): Promise<string> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(await stderr, '');
  assert.equal(child.exitCode, 0);
  return stdout;
}

/** Any number of processes share each of these ledgers. */
interface SharedLedger {
  readonly name: string;
  readonly presence: Presence;
  /** Where the ledger is; null: in the vault. */
  readonly start: () => Promise<{ readonly url: string | null } & AsyncDisposable>;
}

const noServer: SharedLedger['start'] = () =>
  Promise.resolve({ url: null, [Symbol.asyncDispose]: () => Promise.resolve() });

/** With a user in it, it would have to be told to each process in another way. */
const given = process.env['KURRENTDB_URL'] ?? '';
const realUrl = splitCredentials(given).credentials === null ? given : '';

const ledgers: readonly SharedLedger[] = [
  { name: 'in SQLite, by locks', presence: 'locks', start: noServer },
  { name: 'in SQLite, by leases', presence: 'leases', start: noServer },
  {
    name: 'on a fake KurrentDB, by leases',
    presence: 'leases',
    start: () => FakeKurrentDb.start(),
  },
  ...(realUrl === ''
    ? []
    : [
        {
          name: 'on the KurrentDB of KURRENTDB_URL, by leases',
          presence: 'leases',
          start: async () => ({ ...(await noServer()), url: realUrl }),
        } as const,
      ]),
];

for (const { name, presence, start } of ledgers) {
  describe(`several engine processes on one ledger ${name}`, { timeout: 230_000 }, () => {
    let temporary: TemporaryFolder;
    let server: Awaited<ReturnType<SharedLedger['start']>>;
    let folder: string;
    before(async () => {
      temporary = await makeTemporaryFolder();
      server = await start();
      folder = path.join(temporary.path, 'vault');
      await createTestVault({
        folder,
        passphrase: testPassphrase,
        ...(server.url === null ? {} : { eventStore: { location: server.url } }),
      });
      await using vault = await openTestVault(folder);
      for (const instanceId of instances) {
        const imagePath = path.join(temporary.path, `${instanceId}.img`);
        await makeDisk(imagePath, ['x', 'y', 'z']);
        const volumes = [{ device: deviceOf(0), imagePath }];
        await vault.cloud.addInstance({ instanceId, volumes });
      }
      await vault.engine.setPolicy(defaultPolicy(both, instances));
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    });

    async function sessionsAtWork({ engine }: OpenTestVault): Promise<number> {
      const sessions = await engine.listSessions();
      return sessions.filter(({ condition }) => condition === 'at-work').length;
    }

    it('of which one is killed in the middle of a run: another one brings all of it to its end', async () => {
      await setGate(folder, 'shut');
      await using vault = await openTestVault(
        folder,
        presence === 'leases' ? { decorate: withShortLeases } : {},
      );
      const doomed = startEngine(folder, presence, both);
      const others = [startEngine(folder, presence), startEngine(folder, presence)];
      try {
        await eventually('the run and both of its sessions are at work', async () => {
          assert.equal(doomed.child.exitCode, null, 'the engine runs');
          return (await sessionsAtWork(vault)) === 3;
        });
        const engines = await engineOfRun(vault);
        doomed.child.kill('SIGKILL');
        await once(doomed.child, 'exit');
        await eventually('another one has taken the run over', async () => {
          return (await engineOfRun(vault)) !== engines;
        });
        await setGate(folder, []);
        await eventually('everything has ended', async () => {
          const sessions = await vault.engine.listSessions();
          return sessions.every(({ condition }) => condition === 'ended');
        });
        const printed = await Promise.all(others.map(stopped));
        const sessions = await vault.engine.listSessions();
        const run = sessions.find(({ kind }) => kind === 'policy-run');
        assert.equal(run?.status, 'succeeded');
        const tookOver = printed.filter((lines) => lines.includes(run.sessionId));
        assert.equal(tookOver.length, 1, 'one of them took the run over, the other left it alone');
        for (const instanceId of instances) {
          const own = await vault.engine.listSessions({ instanceId });
          assert.deepEqual(
            own.map(({ status, policyId }) => [status, policyId]),
            [['succeeded', both]],
            'nothing was begun twice',
          );
        }
        assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 2);
        // What the killed one was just writing goes when a vault is opened.
        await using opened = await openTestVault(folder);
        await assertNothingLeft(opened);
      } finally {
        await setGate(folder, []);
        await Promise.all([doomed, ...others].map(killed));
      }
    });
  });
}

/** The engine that holds the run of the policy, by the events alone. */
async function engineOfRun({ dependencies }: OpenTestVault): Promise<string | null> {
  let engineId: string | null = null;
  for await (const record of dependencies.eventStore.readStream(scheduleStream(both))) {
    const { type, data } = decodeEvent<ScheduleEvent>(record, scheduleCatalogue);
    if (type === 'RunClaimed' || type === 'RunTakenOver') ({ engineId } = data);
  }
  return engineId;
}
