import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import { eventually } from '../support/engine/eventually.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { deviceOf } from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';

const both = 'both' as PolicyId;
const instances = ['app-1', 'app-2'].map((id) => id as InstanceId);

interface EngineProcess {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
}

function startEngine(folder: string, policyId = ''): EngineProcess {
  const program = fileURLToPath(new URL('../support/engine/policy-engine.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, gatedWorkerProgram, policyId], {
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

describe('several engine processes on one vault', { timeout: 120_000 }, () => {
  let prepared: PreparedVault;
  let folder: string;
  before(async () => {
    prepared = await prepareVault();
  });
  after(() => prepared[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await prepared.copy();
    await using vault = await openTestVault(folder);
    for (const instanceId of instances) {
      const imagePath = path.join(prepared.temporaryFolder, `${instanceId}.img`);
      await makeDisk(imagePath, ['x', 'y', 'z']);
      const volumes = [{ device: deviceOf(0), imagePath }];
      await vault.cloud.addInstance({ instanceId, volumes });
    }
    await vault.engine.setPolicy(defaultPolicy(both, instances));
  });

  async function sessionsAtWork({ engine }: OpenTestVault): Promise<number> {
    const sessions = await engine.listSessions();
    return sessions.filter(({ condition }) => condition === 'at-work').length;
  }

  it('of which one is killed in the middle of a run: another one brings all of it to its end', async () => {
    await setGate(folder, [0]);
    await using vault = await openTestVault(folder);
    const doomed = startEngine(folder, both);
    const others = [startEngine(folder), startEngine(folder)];
    try {
      await eventually('the run and both of its sessions are at work', async () => {
        assert.equal(doomed.child.exitCode, null, 'the engine runs');
        return (await sessionsAtWork(vault)) === 3;
      });
      doomed.child.kill('SIGKILL');
      await once(doomed.child, 'exit');
      await eventually('others have taken the run and both sessions over', async () => {
        return (await sessionsAtWork(vault)) === 3;
      });
      // Whoever works on them has launched workers of its own, which nothing holds up.
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
      assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 3);
      await assertNothingLeft(vault);
    } finally {
      await setGate(folder, []);
      await Promise.all([doomed, ...others].map(killed));
    }
  });
});
