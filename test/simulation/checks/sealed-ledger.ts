import type { Check } from './checked-run.ts';

/**
 * Whatever befell the engines that sealed, the log in the repository is whole and signed, says what
 * the event store says, and has every session that ended once what was missed is made up for.
 */
export const checkSealedLedger: Check = async ({ admin, ledger }) => {
  const { audit } = admin.engine;
  const seal = await audit.seal();
  const { findings, unsealedSessions } = await audit.verify();
  const sealed = (await audit.sessions()).filter((one) => one.seal === 'sealed');
  return [
    ...findings.map(({ message }) => `sealed ledger: ${message}`),
    ...(seal.kind === 'sealed' ? [] : [`sealing again failed: ${seal.problem.message}`]),
    ...unsealedSessions.map((sessionId) => `session ${sessionId} is not sealed`),
    ...(sealed.length >= ledger.backups.length ? [] : ['a session that ended has no mark']),
  ];
};
