import type { EngineId } from '../domain/identifiers.ts';
import { defaultPolicy } from '../domain/policy/default-policy.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { snapshotRetention } from '../domain/retention/snapshot-retention.ts';
import { createAudit } from './audit/create-audit.ts';
import { BackupSessions } from './backup/backup-sessions.ts';
import type { Engine, RunningSession } from './engine.ts';
import type { EngineContext, EngineDependencies } from './engine-dependencies.ts';
import { engineVersion } from './engine-version.ts';
import { InstanceClaims } from './instance/instance-claims.ts';
import { loadHistory } from './instance/load-history.ts';
import { Ledger } from './ledger/ledger.ts';
import { findPoint } from './point/find-point.ts';
import { PolicyBook } from './policy/policy-book.ts';
import { RestoreSessions } from './restore/restore-sessions.ts';
import { SessionSeals } from './seal/session-seals.ts';
import { SessionDirectory } from './session/session-directory.ts';
import { replaySession } from './session/session-reader.ts';
import { SessionRunner } from './session/session-runner.ts';

/**
 * Makes an engine out of the ports that it needs. Nothing is started before a session is: no
 * timers, no process-wide handlers, no output.
 */
export function createEngine(dependencies: EngineDependencies): Engine {
  const engineId = dependencies.random.uuid() as EngineId;
  const context: EngineContext = { ...dependencies, engineId };
  const { presence, cloud, repository, limits } = context;
  const ledger = new Ledger({ ...context, engineVersion, retryPolicy: limits.retry });
  const claims = new InstanceClaims(ledger, engineId);
  const policies = new PolicyBook(ledger);
  const directory = new SessionDirectory(ledger, claims, presence);
  const seals = new SessionSeals(context, directory);
  const runner = new SessionRunner(ledger, directory, seals);
  const backups = new BackupSessions(context, ledger, claims, policies, runner);
  const restores = new RestoreSessions(context, ledger, runner);

  let announced: Promise<void> | null = null;
  /** Before anything is claimed, so that a claim of this engine is never taken for a dead one's. */
  const announce = (): Promise<void> => (announced ??= announceOrForget());
  const announceOrForget = async (): Promise<void> => {
    try {
      await presence.announce(engineId);
    } catch (error) {
      announced = null;
      throw error;
    }
  };

  return {
    startBackup: async (request) => {
      await announce();
      return backups.start(request);
    },

    startRestore: async (request) => {
      await announce();
      return restores.start(request);
    },

    resumeInterrupted: async ({ instanceId, signal } = {}) => {
      await announce();
      const sessions = (await directory.states()).filter(
        (session) => instanceId === undefined || session.instanceId === instanceId,
      );
      const claimed = await claims.openInstances(instanceId);
      const resumed: RunningSession[] = [];
      for (const id of claimed) {
        const session = await backups.resume(id, signal);
        if (session !== null) resumed.push(session);
      }
      for (const session of sessions) {
        if (session.status !== 'running') continue;
        if ('scope' in session) await backups.endUnclaimed(session);
        else await restores.endInterrupted(session);
      }
      return resumed;
    },

    setPolicy: async (policy, instances) => {
      for (const instanceId of instances) await cloud.instances.describe(instanceId);
      await policies.set(policy, instances);
    },
    policyOf: (instanceId) => policies.of(instanceId),

    listInstances: () => cloud.instances.list(),
    listSessions: ({ instanceId } = {}) => directory.list(instanceId ?? null),
    describeChain: async (instanceId) => {
      const { sessions } = await claims.stateOf(instanceId);
      // What the ledger knows is there to be listed, also after the instance or its disks are gone.
      if (sessions.length === 0) await cloud.instances.describe(instanceId);
      const history = await loadHistory(ledger, instanceId);
      return snapshotRetention(history, (await policies.of(instanceId)) ?? noPolicy, null);
    },
    listPoints: async function* ({ instanceId } = {}) {
      const opened = await repository();
      yield* opened.listPoints(instanceId);
    },

    replay: async function* (sessionId, { at = Infinity } = {}) {
      await directory.summaryOf(sessionId);
      for await (const one of replaySession(ledger, sessionId)) {
        if (one.revision > at) return;
        yield one;
      }
    },

    verify: async function* (options) {
      const opened = await repository();
      yield* opened.verify(options);
    },

    audit: createAudit(context, ledger, directory, seals),

    findSession: (prefix) => directory.find(prefix),
    findPoint: async (prefix) => findPoint(await repository(), prefix),

    close: async () => {
      await runner.close();
      if (announced === null) return;
      await announced;
      await presence.leave(engineId);
    },
  };
}

/** What is said of the chain of an instance that no policy covers. */
const noPolicy = defaultPolicy('none' as BackupPolicy['policyId']);
