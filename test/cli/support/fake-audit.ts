import type { LedgerAudit, LedgerProof } from '../../../src/index.ts';
import { sampleIds, sampleInstance, sampleSummary } from './sample-records.ts';

/** The public key of nobody. */
export const fakeKey = 'snapledger/test+00000000+AQAA';

/** Nothing is wrong. */
export const soundProof: LedgerProof = {
  size: 42,
  repeated: 0,
  root: '0'.repeat(64),
  entries: 2,
  streams: 3,
  checkpoint: 'snapledger/test\n42\nAAAA\n\n— snapledger/test AAAA\n',
  witnessedCheckpoints: 2,
  emptyWitnesses: [],
  findings: [],
  unsealedSessions: [],
  unsealed: [],
  pointsWithoutSession: [],
  newerSessions: [],
};

/** An audit that answers from a script. */
export function fakeAudit(proof: Partial<LedgerProof>): LedgerAudit {
  return {
    sessions: () => Promise.resolve([{ ...sampleSummary, actor: 'tester', seal: 'sealed' }]),
    diff: () => Promise.resolve([{ path: 'status', before: 'running', after: 'succeeded' }]),
    timeline: (instanceId) =>
      Promise.resolve(
        instanceId === sampleInstance.instanceId
          ? [
              {
                recordedAt: sampleIds.startedAt,
                sessionId: sampleIds.session,
                revision: 4,
                actor: 'tester',
                subject: 'snapshot-set',
                id: 'set-1',
                what: 'kept',
                reasons: [{ kind: 'keep', reason: { kind: 'within-count', keep: 7 } }],
              },
            ]
          : [],
      ),
    async *export({ format }) {
      yield* await Promise.resolve([`${format}\n`]);
    },
    verify: () => Promise.resolve({ ...soundProof, ...proof }),
    consistency: (checkpoint) => Promise.resolve({ from: checkpoint, to: checkpoint, proof: [] }),
    seal: () =>
      Promise.resolve({ kind: 'sealed', checkpoint: soundProof.checkpoint, problems: [] }),
    publicKey: () => Promise.resolve(fakeKey),
    readKey: () => Promise.resolve('ab'.repeat(32)),
  };
}
