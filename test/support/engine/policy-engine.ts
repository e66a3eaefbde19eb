/*
 * `node policy-engine.ts <vault folder> <worker program> [<policy to run at once>]`: a real engine in
 * a process of its own that runs policies until it is ended by SIGTERM, and prints a line for each
 * run that it begins or goes on with.
 */
import { once } from 'node:events';
import type { PolicyId } from '../../../src/domain/identifiers.ts';
import { openTestVault } from '../vault/open-test-vault.ts';

const [folder = '', workerProgram = '', policyId = ''] = process.argv.slice(2);

const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort();
});
await using vault = await openTestVault(folder, {
  workerProgram,
  limits: { policyLookMaxMs: 100, sessionPollMs: 50 },
});
const { engine } = vault;
const loop = engine.runPolicies({
  until: 'aborted',
  signal: stop.signal,
  onRun: ({ sessionId }) => {
    process.stdout.write(`${sessionId}\n`);
  },
});
if (policyId !== '') await engine.startPolicyRun({ policyId: policyId as PolicyId });
process.stdout.write('ready\n');
if (!stop.signal.aborted) await once(stop.signal, 'abort');
await loop;
