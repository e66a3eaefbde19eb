/*
 * `node policy-engine.ts <vault folder> <worker program> <locks|leases> [<policy to run at once>]`: a
 * real engine in a process of its own that runs policies until it is ended by SIGTERM, and prints a
 * line for each run that it begins or goes on with. It shows that it lives by the locks of the vault,
 * or by a short lease in the ledger.
 */
import { once } from 'node:events';
import type { PolicyId } from '../../../src/domain/identifiers.ts';
import { withShortLeases } from './short-leases.ts';
import { openTestVault } from '../vault/open-test-vault.ts';

const [folder = '', workerProgram = '', presence = '', policyId = ''] = process.argv.slice(2);

const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort();
});
await using vault = await openTestVault(folder, {
  workerProgram,
  limits: { policyLookMaxMs: 100, sessionPollMs: 50 },
  ...(presence === 'leases' ? { decorate: withShortLeases } : {}),
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
