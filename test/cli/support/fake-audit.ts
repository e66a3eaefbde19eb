import type { HoldId, LedgerAudit, LedgerProof } from '../../../src/index.ts';
import type { StreamName } from '../../../src/ports/event-store.ts';
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
  clockRemarks: { count: 0, first: [] },
  findings: [],
  unsealedSessions: [],
  unsealed: [],
  pointsWithoutSession: [],
  newerSessions: [],
};

/** At somebody's word, in no session. */
const ofInstance = {
  recordedAt: sampleIds.startedAt,
  sessionId: null,
  stream: 'instance-web-1' as StreamName,
  revision: 7,
  actor: 'tester',
} as const;

/** An audit that answers from a script. */
export function fakeAudit(proof: Partial<LedgerProof>): LedgerAudit {
  return {
    sessions: ({ instanceId = sampleInstance.instanceId } = {}) =>
      Promise.resolve(
        instanceId === sampleInstance.instanceId
          ? [{ ...sampleSummary, actor: 'tester', seal: 'sealed' }]
          : [],
      ),
    diff: () => Promise.resolve([{ path: 'status', before: 'running', after: 'succeeded' }]),
    timeline: (instanceId) =>
      Promise.resolve(
        instanceId === sampleInstance.instanceId
          ? [
              {
                recordedAt: sampleIds.startedAt,
                sessionId: sampleIds.session,
                stream: `session-${sampleIds.session}` as StreamName,
                revision: 4,
                actor: 'tester',
                subject: 'snapshot-set',
                id: 'set-1',
                what: 'kept',
                reasons: [{ kind: 'keep', reason: { kind: 'within-count', keep: 7 } }],
              },
              {
                ...ofInstance,
                subject: 'snapshot-set',
                id: 'set-1',
                what: 'hold-placed',
                reasons: [
                  {
                    kind: 'hold',
                    holdId: 'hold-1' as HoldId,
                    hold: { kind: 'legal-hold', note: { kind: 'known', value: 'case 4711' } },
                  },
                ],
              },
              {
                ...ofInstance,
                subject: 'clock',
                id: ofInstance.stream,
                what: 'went-back',
                reasons: [{ kind: 'recorded-before', previousAt: sampleIds.startedAt }],
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
