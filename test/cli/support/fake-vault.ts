import { evolveBackup } from '../../../src/domain/backup-session/evolve-backup.ts';
import {
  type BackupSession,
  initialBackupSession,
} from '../../../src/domain/backup-session/backup-session.ts';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  type BackupPolicy,
  type BackupRequest,
  type BackupSessionEvent,
  defaultPolicy,
  type Engine,
  type ImageTarget,
  type InstanceId,
  type LedgerProof,
  type PolicyId,
  type PointManifest,
  type RetentionDecision,
  type RunningSession,
  type SealOutcome,
  type SessionEvent,
  type SessionId,
  type SessionSummary,
  SnapledgerError,
  type TimestampMs,
  type Vault,
  type VerifyFinding,
  type VerifyProgress,
} from '../../../src/index.ts';
import { fakeAudit } from './fake-audit.ts';
import {
  backupEvents,
  sampleIds,
  sampleInstance,
  samplePoint,
  sampleSummary,
} from './sample-records.ts';

/** What the fake holds; defaults are one instance with one ended backup. */
export interface FakeVaultContent {
  readonly events?: readonly BackupSessionEvent[];
  readonly interrupted?: 'one' | 'none';
  readonly summary?: Partial<SessionSummary>;
  readonly sealed?: SealOutcome;
  readonly proof?: Partial<LedgerProof>;
  readonly policy?: BackupPolicy | null;
  readonly chain?: RetentionDecision;
  readonly points?: readonly PointManifest[];
  readonly verify?: readonly (VerifyFinding | VerifyProgress)[];
  readonly engine?: Partial<Engine>;
  /** Called with what the command line asked of the engine. */
  readonly asked?: (request: unknown) => void;
}

/** A vault whose engine answers from a script. Its sessions are folded by the real domain. */
export function fakeVault(folder: string, content: FakeVaultContent): Vault {
  return {
    folder,
    engine: { ...fakeEngine(content), ...content.engine },
    addInstance: (instance) => {
      content.asked?.(instance);
      return Promise.resolve({ ...sampleInstance, instanceId: instance.instanceId });
    },
    imageFolder: (options) => {
      content.asked?.(options);
      return fakeTarget;
    },
    setWitness: (setting) => {
      content.asked?.(setting);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

const fakeTarget: ImageTarget = {
  open: () => Promise.reject(new Error('the fake restores nothing')),
  check: () => Promise.resolve(),
};

function fakeEngine(content: FakeVaultContent): Engine {
  const { asked } = content;
  const session = fakeSession(content);
  const known = async <Result>(instanceId: InstanceId, result: Result): Promise<Result> => {
    if (instanceId === sampleInstance.instanceId) return Promise.resolve(result);
    throw new SnapledgerError('UNKNOWN_INSTANCE', `there is no instance '${instanceId}'`);
  };
  return {
    startBackup: (request: BackupRequest) => {
      asked?.({ instanceId: request.instanceId, scope: request.scope });
      return known(request.instanceId, session);
    },
    resumeInterrupted: () => Promise.resolve(content.interrupted === 'one' ? [session] : []),
    startRestore: ({ pointId, volumeIds }) => {
      asked?.({ pointId, volumeIds });
      return Promise.resolve(session);
    },
    setPolicy: async (policy, instances) => {
      asked?.({ policy, instances });
      await Promise.resolve();
    },
    policyOf: () =>
      Promise.resolve(
        content.policy === undefined ? defaultPolicy('web-1' as PolicyId) : content.policy,
      ),
    listInstances: () => Promise.resolve([sampleInstance]),
    listSessions: async () => [await session.ended],
    describeChain: (instanceId) => known(instanceId, content.chain ?? { keep: [], remove: [] }),
    async *listPoints() {
      await Promise.resolve();
      yield* content.points ?? [samplePoint];
    },
    async *replay(_id, { at = Infinity } = {}) {
      let state: BackupSession = initialBackupSession;
      for await (const recorded of session.events()) {
        if (recorded.revision > at) return;
        state = evolveBackup(state, recorded.event as BackupSessionEvent);
        yield { ...recorded, state, nextStep: nextBackupStep(state).kind };
      }
    },
    async *verify(options) {
      asked?.({ depth: options.depth, pointId: options.pointId });
      yield* await Promise.resolve(content.verify ?? []);
    },
    audit: fakeAudit(content.proof ?? {}),
    findSession: () => Promise.resolve(sampleIds.session),
    findPoint: () => Promise.resolve(sampleIds.session),
    close: () => Promise.resolve(),
  };
}

/** A session that has run already: its events are all there at once. */
function fakeSession(content: FakeVaultContent): RunningSession {
  const events = (content.events ?? backupEvents).map(recordedEvent);
  const sessionId: SessionId = sampleIds.session;
  return {
    sessionId,
    instanceId: sampleInstance.instanceId,
    ended: Promise.resolve({ ...sampleSummary, ...content.summary }),
    sealed: Promise.resolve(content.sealed ?? { kind: 'sealed', checkpoint: null, problems: [] }),
    async *events() {
      yield* await Promise.resolve(events);
    },
  };
}

/** A second passes between two events. */
function recordedEvent(event: BackupSessionEvent, revision: number): SessionEvent {
  const recordedAt = (sampleIds.startedAt + revision * 1000) as TimestampMs;
  return { sessionId: sampleIds.session, revision, recordedAt, actor: 'tester', event };
}
