import { evolveBackup } from '../../../src/domain/backup-session/evolve-backup.ts';
import {
  type BackupSession,
  initialBackupSession,
} from '../../../src/domain/backup-session/backup-session.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import type { WitnessSetting } from '../../../src/index.ts';
import {
  type BackupPolicy,
  type BackupRequest,
  type BackupSessionEvent,
  type CloudSetting,
  defaultPolicy,
  type Engine,
  type ExplainedItem,
  type ForgettingPlan,
  type FoundItem,
  type Restorable,
  type HoldId,
  type ImageTarget,
  type InstanceCounts,
  type InstanceHistory,
  type InstanceId,
  type ItemSize,
  type LedgerProof,
  type ListedHold,
  type PermissionFinding,
  type PolicyDescription,
  type PolicyId,
  type PolicyPreview,
  type PointManifest,
  type RepositoryId,
  type RetentionPlan,
  type RunningSession,
  type SealOutcome,
  type SessionEvent,
  type SessionId,
  type SessionSummary,
  SnapledgerError,
  type TimestampMs,
  type UnreadableInstance,
  type UnreadablePolicy,
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
import { recordHold } from '../../../src/domain/instance/hold.ts';

/** What the fake holds; defaults are one instance with one ended backup. */
export interface FakeVaultContent {
  /** Default: that of this machine. */
  readonly cloud?: CloudSetting;
  /** What there is to forget; default: a little. */
  readonly forgetting?: ForgettingPlan;
  /** What keeps the loop of policies from looking, for a while. */
  readonly trouble?: SnapledgerError;
  /** One run of a policy that the loop begins, and goes on with after each error. */
  readonly runEnds?: readonly ('well' | SnapledgerError)[];
  readonly events?: readonly BackupSessionEvent[];
  readonly permissions?: readonly PermissionFinding[];
  readonly interrupted?: 'one' | 'none';
  readonly summary?: Partial<SessionSummary>;
  readonly sealed?: SealOutcome;
  readonly proof?: Partial<LedgerProof>;
  /** Default: nobody. */
  readonly witness?: WitnessSetting | null;
  readonly policy?: BackupPolicy | null;
  readonly policies?: readonly PolicyDescription[];
  readonly unreadable?: readonly UnreadablePolicy[];
  readonly preview?: PolicyPreview;
  readonly plan?: RetentionPlan;
  readonly history?: InstanceHistory;
  readonly sizes?: ReadonlyMap<string, ItemSize>;
  /** What restores are of; default: a point. */
  readonly restorable?: Restorable;
  /** What every id leads to. */
  readonly item?: FoundItem;
  readonly explained?: ExplainedItem;
  readonly holds?: readonly ListedHold[];
  /** Of which nothing can be told, in lists of holds. */
  readonly unreadableInstances?: readonly UnreadableInstance[];
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
    cloud: content.cloud ?? { kind: 'local' },
    engine: { ...fakeEngine(content), ...content.engine },
    addInstance: (instance) => {
      content.asked?.(instance);
      return Promise.resolve({ ...sampleInstance, instanceId: instance.instanceId });
    },
    taggedInstance: (instanceId) => Promise.resolve({ instanceId, tags: {} }),
    tagInstance: (instanceId, changes) => {
      content.asked?.({ instanceId, changes });
      return Promise.resolve(sampleInstance);
    },
    imageFolder: (options) => {
      content.asked?.(options);
      return fakeTarget;
    },
    imageFile: (options) => {
      content.asked?.(options);
      return fakeTarget;
    },
    servePoint: (request) => {
      content.asked?.(request);
      const exports = (content.points ?? [samplePoint]).flatMap(({ volumes }) =>
        volumes.map(({ volumeId, device, sizeBytes }) => {
          const uri = `nbd://${request.host}:${request.port}/${device.slice('/dev/'.length)}`;
          return { volumeId, device, sizeBytes, uri };
        }),
      );
      return Promise.resolve({ exports, close: () => Promise.resolve() });
    },
    disturbedObjects: () => [],
    awsPolicy: () => Promise.resolve('{"Version": "2012-10-17"}\n'),
    checkAws: () => Promise.resolve(content.permissions ?? []),
    reconcile: () => Promise.resolve({ items: [], mailboxes: [], untrusted: [], unreadable: [] }),
    setWitness: (setting) => {
      content.asked?.(setting);
      return Promise.resolve();
    },
    witness: () => Promise.resolve(content.witness ?? null),
    close: () => Promise.resolve(),
  };
}

const sampleCounts: InstanceCounts = {
  instanceId: sampleInstance.instanceId,
  sessions: 1,
  snapshotSets: 1,
  replicas: 0,
  restorePoints: 1,
  openSessionId: null,
};

const sampleItem: FoundItem = {
  instanceId: sampleInstance.instanceId,
  item: { kind: 'restore-point', id: samplePoint.pointId },
};

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
      const { instanceId, scope, origin, pointKind } = request;
      asked?.({
        instanceId,
        scope,
        pointKind,
        ...(origin?.kind === 'manual' ? { origin } : {}),
      });
      return known(request.instanceId, session);
    },
    startMaintenance: ({ instanceId }) => {
      asked?.({ maintenance: instanceId });
      return known(instanceId, session);
    },
    planCollection: () =>
      Promise.resolve({
        inUse: { objects: 84, bytes: 1_288_490_189 },
        removable: { objects: 21, bytes: 325_478_000 },
        awaiting: { objects: 1, bytes: 16_777_216 },
        held: { objects: 0, bytes: 0, until: null },
        unexplained: { objects: 0, bytes: 0 },
        leftovers: 2,
        writers: [
          {
            sessionId: '4f0c1a52-0000-4000-8000-000000000001' as SessionId,
            instanceId: sampleInstance.instanceId,
            condition: 'unknown',
            pointId: null,
          },
        ],
      }),
    missingPoints: () => Promise.resolve([]),
    planRepack: () => Promise.reject(new Error('the fake repacks nothing')),
    planMerge: () => Promise.reject(new Error('the fake merges nothing')),
    startMerge: () => Promise.reject(new Error('the fake merges nothing')),
    startRepack: () => Promise.reject(new Error('the fake repacks nothing')),
    planRepair: ({ instanceId }) =>
      known(instanceId, {
        pointsChecked: 1,
        damagedPoints: [],
        lostPoints: [],
        healable: null,
        unreadSnapshots: null,
      }),
    startRepair: () => Promise.reject(new Error('the fake heals nothing')),
    startVerification: ({ maxBytes }) => {
      asked?.({ verification: { maxBytes } });
      return Promise.resolve({ ...session, repositoryId: 'repository-1' as RepositoryId });
    },
    damagedPoints: () => Promise.resolve(new Set()),
    startCollection: ({ fence } = {}) => {
      asked?.({ collection: { fence } });
      return Promise.resolve({ ...session, repositoryId: 'repository-1' as RepositoryId });
    },
    resumeInterrupted: () => Promise.resolve(content.interrupted === 'one' ? [session] : []),
    startRestore: (request) => {
      const { volumeIds } = request;
      if ('pointId' in request) asked?.({ pointId: request.pointId, volumeIds });
      else asked?.({ item: request.item, volumeIds });
      return Promise.resolve(session);
    },
    undoRestore: ({ sessionId, running }) => {
      asked?.({ undone: sessionId, running });
      return Promise.resolve(session);
    },
    planConfirmation: (sessionId) =>
      Promise.resolve({ sessionId, instanceId: sampleInstance.instanceId, kept: [] }),
    confirmRestore: ({ sessionId }) => {
      asked?.({ confirmed: sessionId });
      return Promise.resolve(session);
    },
    reconcile: () => Promise.resolve({ items: [], mailboxes: [], untrusted: [], unreadable: [] }),
    setPolicy: async (policy) => {
      asked?.({ policy });
      await Promise.resolve();
    },
    setPolicies: async (policies) => {
      asked?.({ policies });
      await Promise.resolve();
    },
    removePolicy: async (policyId) => {
      asked?.({ removed: policyId });
      await Promise.resolve();
    },
    listPolicies: () => Promise.resolve(content.policies ?? []),
    unreadablePolicies: () => Promise.resolve(content.unreadable ?? []),
    describePolicy: (policyId) => {
      const found = content.policies?.find(({ policy }) => policy.policyId === policyId);
      if (found !== undefined) return Promise.resolve(found);
      throw new SnapledgerError('UNKNOWN_POLICY', `there is no policy '${policyId}'`);
    },
    previewPolicies: () =>
      Promise.resolve(
        content.preview ?? { changes: [], losses: [], uncovered: [], unreadable: [] },
      ),
    startPolicyRun: ({ policyId }) => {
      asked?.({ run: policyId });
      return Promise.resolve({ ...session, policyId });
    },
    runPolicies: async ({ until, onTrouble, onRun }) => {
      asked?.({ until });
      if (content.trouble !== undefined) onTrouble?.(content.trouble);
      for (const end of content.runEnds ?? []) {
        const ended = end === 'well' ? session.ended : Promise.reject(end);
        onRun?.({ ...session, policyId: 'nightly' as PolicyId, ended });
        await Promise.allSettled([ended]);
      }
    },
    policyOf: () =>
      Promise.resolve(
        content.policy === undefined
          ? defaultPolicy('web-1' as PolicyId, [sampleInstance.instanceId])
          : content.policy,
      ),
    listInstances: () => Promise.resolve([sampleInstance]),
    unreadableInstances: () => Promise.resolve([]),
    instanceCounts: () => Promise.resolve(new Map([[sampleInstance.instanceId, sampleCounts]])),
    listSessions: async (filter) => {
      asked?.(filter);
      return [await session.ended];
    },
    unreadableSessions: () => Promise.resolve({ sessions: [], others: 'none' }),
    describeItems: (instanceId) =>
      known(instanceId, {
        instanceId,
        policy: content.policy ?? null,
        policyFrom: 'present',
        history: content.history ?? instanceHistory([]),
        plan: content.plan ?? emptyPlan,
        sizes: content.sizes ?? new Map(),
        until: new Map(),
      }),
    openPointImages: () => Promise.resolve([]),
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
    findRestorable: () =>
      Promise.resolve(content.restorable ?? { kind: 'restore-point', pointId: sampleIds.session }),
    recordTags: () => Promise.resolve(),
    findItem: () => Promise.resolve(content.item ?? sampleItem),
    explainItem: () => {
      if (content.explained !== undefined) return Promise.resolve(content.explained);
      throw new SnapledgerError('UNKNOWN_ITEM', 'the fake has no explanation');
    },
    planForgetting: (instanceId) => Promise.resolve(content.forgetting ?? forgettingOf(instanceId)),
    forgetInstance: (request) => {
      asked?.(request);
      const plan = content.forgetting ?? forgettingOf(request.instanceId);
      const forgottenAt = sampleIds.startedAt;
      const problems = content.sealed?.kind === 'sealed' ? content.sealed.problems : [];
      const seal = { kind: 'sealed', checkpoint: null, problems } as const;
      return Promise.resolve({ ...plan, forgottenAt, key: 'gone', seal });
    },
    placeHold: (item, hold) => {
      asked?.({ item, hold });
      const holdId = sampleIds.session as string as HoldId;
      const placedAt = sampleIds.startedAt;
      return Promise.resolve({ ...item, hold: recordHold(hold), holdId, placedAt });
    },
    releaseHold: async (instanceId, holdId) => {
      asked?.({ instanceId, holdId });
      await Promise.resolve();
    },
    findHold: () => {
      const [hold] = content.holds ?? [];
      if (hold === undefined) throw new SnapledgerError('UNKNOWN_HOLD', 'the fake has no hold');
      return Promise.resolve(hold);
    },
    listHolds: () =>
      Promise.resolve({
        holds: content.holds ?? [],
        unreadable: content.unreadableInstances ?? [],
      }),
    setExpiry: async (item, expiresAt) => {
      asked?.({ item, expiresAt });
      await Promise.resolve();
    },
    obsoleteRule: () => Promise.resolve({ kind: 'never' }),
    setObsoleteRule: async (rule) => {
      asked?.({ rule });
      await Promise.resolve();
    },
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

const emptyPlan: RetentionPlan = {
  decidedAt: null,
  snapshots: { keep: [], remove: [] },
  replicas: { keep: [], remove: [] },
  points: { dependency: 'independent', keep: [], expire: [] },
};

function forgettingOf(instanceId: InstanceId): ForgettingPlan {
  return {
    instanceId,
    forgottenAt: null,
    key: 'there',
    sealedEvents: 3,
    eventsInClear: 0,
    snapshotSets: 2,
    replicas: 0,
    points: 1,
  };
}
