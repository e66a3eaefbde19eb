import type { BackupScope } from '../domain/backup-session/backup-events.ts';
import { decideBackup } from '../domain/backup-session/decide-backup.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, SessionId } from '../domain/identifiers.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { defaultPolicy } from '../domain/policy/default-policy.ts';
import type { RestoreSessionEvent } from '../domain/restore-session/restore-events.ts';
import type { StartedRestore } from '../domain/restore-session/restore-session.ts';
import type { RetentionDecision } from '../domain/retention/decide-retention.ts';
import { snapshotRetention } from '../domain/retention/snapshot-retention.ts';
import type {
  PointManifest,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../format/storage-format.ts';
import type { InstanceDescription } from '../ports/cloud/instances.ts';
import { backupAggregate } from './backup/backup-aggregate.ts';
import { type BackupRun, runBackup } from './backup/run-backup.ts';
import { SnapshotWaiter } from './backup/snapshot-waiter.ts';
import type {
  BackupRequest,
  Engine,
  RestoreRequest,
  RunningSession,
  SessionSummary,
} from './engine.ts';
import type { EngineContext } from './engine-dependencies.ts';
import { engineVersion } from './engine-version.ts';
import { InstanceClaims } from './instance/instance-claims.ts';
import { loadHistory } from './instance/load-history.ts';
import { Ledger } from './ledger/ledger.ts';
import { sessionStream } from './ledger/stream-names.ts';
import { PolicyBook } from './policy/policy-book.ts';
import type { ReplayedEvent } from './replay-session.ts';
import { restoreAggregate } from './restore/restore-aggregate.ts';
import { runRestore } from './restore/run-restore.ts';
import { chooseVolumes } from './restore/choose-volumes.ts';
import { findByPrefix } from './session/find-by-prefix.ts';
import { SessionDirectory } from './session/session-directory.ts';
import { SessionFeed } from './session/session-feed.ts';
import { followSession, replaySession } from './session/session-reader.ts';

/** An abort signal that never aborts, for requests that bring none. */
const never = new AbortController().signal;

/** The engine behind `createEngine`: begins sessions, keeps track of those at work, answers questions. */
export class RunningEngine implements Engine {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #claims: InstanceClaims;
  readonly #policies: PolicyBook;
  readonly #directory: SessionDirectory;
  readonly #snapshotWaiter: SnapshotWaiter;
  readonly #closing = new AbortController();
  readonly #atWork = new Set<Promise<unknown>>();
  #announced: Promise<void> | null = null;

  constructor(context: EngineContext) {
    const { eventStore, clock, engineId, actor, limits, cloud, presence } = context;
    this.#context = context;
    const retryPolicy = limits.retry;
    this.#ledger = new Ledger({ eventStore, clock, engineId, actor, engineVersion, retryPolicy });
    this.#claims = new InstanceClaims(this.#ledger, engineId);
    this.#policies = new PolicyBook(this.#ledger);
    this.#directory = new SessionDirectory(this.#ledger, this.#claims, presence);
    this.#snapshotWaiter = new SnapshotWaiter(cloud.snapshots, clock, limits);
  }

  async startBackup(request: BackupRequest): Promise<RunningSession> {
    const { instanceId, signal = never } = request;
    const { cloud, random, clock } = this.#context;
    await cloud.instances.describe(instanceId);
    const policy = await this.#policies.of(instanceId);
    if (policy === null) throw noPolicy(instanceId);
    const scope = request.scope ?? scopeOf(policy);
    // Asked for now, so that a wrong passphrase begins no session.
    if (scope === 'image-level') await this.#context.repository();

    await this.#announce();
    const sessionId = random.uuid() as SessionId;
    await this.#claims.claim(instanceId, sessionId);
    const fresh = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
    const now = clock.now();
    const events = decideBackup(
      { type: 'StartSession', sessionId, instanceId, scope, policy, now },
      fresh.state,
    );
    await this.#ledger.append(fresh, events, 'StartSession', backupAggregate);
    return this.#runBackup(sessionId, instanceId, signal);
  }

  async resumeInterrupted(
    options: Parameters<Engine['resumeInterrupted']>[0] = {},
  ): Promise<readonly RunningSession[]> {
    const { instanceId = null, signal = never } = options;
    await this.#announce();
    const running: RunningSession[] = [];
    for (const id of await this.#claimedInstances(instanceId)) {
      const resumed = await this.#resumeInstance(id, signal);
      if (resumed !== null) running.push(resumed);
    }
    await this.#endInterruptedRestores(instanceId);
    return running;
  }

  async startRestore(request: RestoreRequest): Promise<RunningSession> {
    const { pointId, target, signal = never } = request;
    const repository = await this.#context.repository();
    const reader = await repository.openPoint(pointId);
    const volumes = chooseVolumes(reader.manifest, request.volumeIds);
    await target.check(volumes);

    await this.#announce();
    const { random, clock, engineId } = this.#context;
    const sessionId = random.uuid() as SessionId;
    const { instanceId } = reader.manifest;
    const started: RestoreSessionEvent = {
      type: 'RestoreStarted',
      data: {
        kind: 'restore',
        sessionId,
        instanceId,
        pointId,
        engineId,
        volumeIds: volumes.map(({ volumeId }) => volumeId),
        startedAt: clock.now(),
      },
    };
    const fresh = await this.#ledger.load(sessionStream(sessionId), restoreAggregate);
    const loaded = await this.#ledger.append(fresh, [started], started.type, restoreAggregate);
    return this.#run(sessionId, instanceId, (feed) =>
      runRestore(
        {
          engine: this.#context,
          ledger: this.#ledger,
          reader,
          volumes,
          request,
          signal: AbortSignal.any([signal, this.#closing.signal]),
          onRecorded: () => {
            feed.notify();
          },
        },
        loaded,
      ),
    );
  }

  async setPolicy(policy: BackupPolicy, instances: readonly InstanceId[]): Promise<void> {
    for (const instanceId of instances) await this.#context.cloud.instances.describe(instanceId);
    await this.#policies.set(policy, instances);
  }

  policyOf(instanceId: InstanceId): Promise<BackupPolicy | null> {
    return this.#policies.of(instanceId);
  }

  listInstances(): Promise<readonly InstanceDescription[]> {
    return this.#context.cloud.instances.list();
  }

  listSessions(
    filter: { readonly instanceId?: InstanceId } = {},
  ): Promise<readonly SessionSummary[]> {
    return this.#directory.list(filter.instanceId ?? null);
  }

  async describeChain(instanceId: InstanceId): Promise<RetentionDecision> {
    const policy = await this.#policies.of(instanceId);
    const history = await loadHistory(this.#ledger, instanceId);
    const anyPolicy = policy ?? defaultPolicy('none' as BackupPolicy['policyId']);
    return snapshotRetention(history, anyPolicy, null);
  }

  async listPoints(
    filter: { readonly instanceId?: InstanceId } = {},
  ): Promise<readonly PointManifest[]> {
    const repository = await this.#context.repository();
    return Array.fromAsync(repository.listPoints(filter.instanceId));
  }

  async *replay(
    sessionId: SessionId,
    options: { readonly at?: number } = {},
  ): AsyncGenerator<ReplayedEvent, void> {
    for await (const one of replaySession(this.#ledger, sessionId)) {
      if (options.at !== undefined && one.revision > options.at) return;
      yield one;
    }
  }

  async *verify(options: VerifyOptions): AsyncGenerator<VerifyFinding | VerifyProgress, void> {
    const repository = await this.#context.repository();
    yield* repository.verify(options);
  }

  findSession(prefix: string): Promise<SessionId> {
    return this.#directory.find(prefix);
  }

  async findPoint(prefix: string): Promise<PointId> {
    const points = await this.listPoints();
    const ids = points.map(({ pointId }) => pointId);
    const found = findByPrefix(prefix, ids, 'restore point');
    if (found !== null) return found;
    throw new SnapledgerError('UNKNOWN_POINT', `there is no restore point '${prefix}'`, {
      remedy: `'snapledger points' lists them`,
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(new SnapledgerError('INTERRUPTED', 'the engine was closed'));
    await Promise.allSettled(this.#atWork);
    if (this.#announced !== null) {
      await this.#announced;
      await this.#context.presence.leave(this.#context.engineId);
    }
  }

  #announce(): Promise<void> {
    this.#announced ??= this.#context.presence.announce(this.#context.engineId);
    return this.#announced;
  }

  async #claimedInstances(only: InstanceId | null): Promise<readonly InstanceId[]> {
    if (only !== null) return [only];
    const states = await this.#directory.states();
    return [...new Set(states.map(({ instanceId }) => instanceId))];
  }

  async #resumeInstance(
    instanceId: InstanceId,
    signal: AbortSignal,
  ): Promise<RunningSession | null> {
    const { claim } = await this.#claims.stateOf(instanceId);
    if (claim === null) return null;
    if (await this.#context.presence.isPresent(claim.engineId)) return null;
    const { sessionId } = claim;
    await this.#claims.takeOver(instanceId, sessionId);
    const { state } = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
    if (state.status === 'not-started') {
      // Its engine died between the claim and the first event: nothing was done.
      await this.#claims.release(instanceId, sessionId);
      return null;
    }
    return this.#runBackup(sessionId, instanceId, signal);
  }

  /** A restore writes to a place that only its own engine knew: it ends where it was. */
  async #endInterruptedRestores(instanceId: InstanceId | null): Promise<void> {
    for (const state of await this.#directory.states()) {
      if (!isRunningRestore(state)) continue;
      if (instanceId !== null && state.instanceId !== instanceId) continue;
      if (await this.#context.presence.isPresent(state.engineId)) continue;
      const loaded = await this.#ledger.load(sessionStream(state.sessionId), restoreAggregate);
      const problem = { code: 'INTERRUPTED', message: 'the engine that restored has died' };
      const endedAt = this.#context.clock.now();
      const event: RestoreSessionEvent = { type: 'RestoreFailed', data: { problem, endedAt } };
      await this.#ledger.append(loaded, [event], event.type, restoreAggregate);
    }
  }

  #runBackup(
    sessionId: SessionId,
    instanceId: InstanceId,
    cancelSignal: AbortSignal,
  ): RunningSession {
    return this.#run(sessionId, instanceId, async (feed) => {
      const run: BackupRun = {
        engine: this.#context,
        ledger: this.#ledger,
        snapshotWaiter: this.#snapshotWaiter,
        cancelSignal,
        closeSignal: this.#closing.signal,
        onRecorded: () => {
          feed.notify();
        },
      };
      const loaded = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
      await runBackup(run, loaded);
      await this.#claims.release(instanceId, sessionId);
    });
  }

  #run(
    sessionId: SessionId,
    instanceId: InstanceId,
    work: (feed: SessionFeed) => Promise<unknown>,
  ): RunningSession {
    const feed = new SessionFeed();
    const ended = work(feed)
      .finally(() => {
        feed.end();
        this.#atWork.delete(ended);
      })
      .then(() => this.#directory.summaryOf(sessionId));
    // Whoever started the session awaits `ended`; `close` must not be the first to hear of a failure.
    ended.catch(() => undefined);
    this.#atWork.add(ended);
    const events = (): ReturnType<RunningSession['events']> =>
      followSession(this.#ledger, sessionId, feed);
    return { sessionId, instanceId, ended, events };
  }
}

function isRunningRestore(state: { readonly status: string }): state is StartedRestore {
  return 'engineId' in state && state.status === 'running';
}

function scopeOf(policy: BackupPolicy): BackupScope {
  return policy.image.level === 'on' ? 'image-level' : 'snapshot-only';
}

function noPolicy(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError('NO_POLICY', `no policy covers instance '${instanceId}'`, {
    remedy: `make one: snapledger policy set ${instanceId} --keep-snapshots 7`,
  });
}
