import type { InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { BackupSessions } from '../backup/backup-sessions.ts';
import type { RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { FailedLooks, type LoopRequest } from '../policy-run/failed-looks.ts';
import type { PolicyRuns } from '../policy-run/policy-runs.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import type { CalendarEntry, MaintenanceCalendar } from './maintenance-calendar.ts';

/** Looks that may fail one after the other, `maintenanceLookMaxMs` apart: a day at 10 minutes. */
const failedLooksMax = 144;

const never = new AbortController().signal;

export interface MaintenanceParts {
  readonly engine: EngineContext;
  readonly backups: BackupSessions;
  readonly runs: PolicyRuns;
  readonly runner: SessionRunner;
  readonly calendar: MaintenanceCalendar;
}

/**
 * Applies retention to every instance of which time lets something go, as sessions of their own, and
 * goes on with such sessions whose engine died. Instances of a policy whose run is under way are left
 * to it. Resolves when it was aborted (or,
 * `none-due`, at once) and the sessions that it began have ended.
 *
 * Maintenance that cannot begin comes as a session whose end rejects, stops no other, and is tried again
 * later.
 *
 * @throws what keeps it from looking, when looking again does not help; `none-due`: at once
 */
export async function runDueMaintenance(
  parts: MaintenanceParts,
  { until, signal = never, cancelSignal = never, onMaintenance, onTrouble, inTrouble }: LoopRequest,
): Promise<void> {
  const { engine, calendar } = parts;
  const { maintenanceSessionsMax, maintenanceRetryMs } = engine.limits;
  const underWay = new Map<InstanceId, Promise<void>>();
  const notBefore = new Map<InstanceId, TimestampMs>();
  const follow = (session: RunningSession): void => {
    const { instanceId } = session;
    const over = session.ended.then(
      () => undefined,
      () => undefined,
    );
    underWay.set(
      instanceId,
      over.then(() => void underWay.delete(instanceId)),
    );
    onMaintenance?.(session);
  };
  const look = async (): Promise<readonly CalendarEntry[]> => {
    const all = await calendar.look(signal, onTrouble);
    const entries = all.filter(({ instanceId }) => !underWay.has(instanceId));
    for (const entry of entries) {
      // First: what follows has to hold when the session begins, and this can take hours.
      while (underWay.size >= maintenanceSessionsMax) await Promise.race(underWay.values());
      if (signal.aborted) break;
      const now = engine.clock.now();
      if ((notBefore.get(entry.instanceId) ?? 0) > now || !(await isToBegin(parts, entry, now))) {
        continue;
      }
      const begun = await beginOrFail(parts, entry, cancelSignal);
      if (begun.kind === 'failed') {
        notBefore.set(entry.instanceId, (now + maintenanceRetryMs) as TimestampMs);
      }
      if (begun.kind !== 'nothing') follow(begun.running);
    }
    return entries;
  };
  const failuresMax = until === 'none-due' ? 0 : failedLooksMax;
  const failures = new FailedLooks({ failuresMax, onTrouble, inTrouble });
  while (!signal.aborted) {
    let entries: readonly CalendarEntry[] = [];
    try {
      entries = await look();
      failures.succeeded();
    } catch (error) {
      failures.failed(error);
    }
    if (until === 'none-due') break;
    await sleepUntilNext(engine, entries, signal);
  }
  await Promise.all(underWay.values());
}

/** Due, or perhaps left open by an engine that died. */
async function isToBegin(
  { runs, calendar }: MaintenanceParts,
  entry: CalendarEntry,
  now: TimestampMs,
): Promise<boolean> {
  if (entry.state === 'unreadable') return true;
  if (entry.state === 'at-work') return entry.session === 'maintenance';
  const { dueAt, policy } = entry;
  if (dueAt === null || dueAt > now) return false;
  if (!(await calendar.isInForce(entry))) return false;
  // The sessions of a run apply retention themselves.
  if (policy === null) return true;
  try {
    return (await runs.scheduleOf(policy.policyId)).state.claim === null;
  } catch (error) {
    // Whether one is under way cannot be known; `runDuePolicies` tells of it.
    if (hasErrorCode(error, ...unreadableCodes)) return false;
    throw error;
  }
}

type Begun =
  | { readonly kind: 'begun' | 'failed'; readonly running: RunningSession }
  /** Another session was faster, or the one that is open is somebody's. */
  | { readonly kind: 'nothing' };

async function beginOrFail(
  { engine, backups, runner }: MaintenanceParts,
  entry: CalendarEntry,
  signal: AbortSignal,
): Promise<Begun> {
  const { instanceId } = entry;
  const sessionId = engine.random.uuid() as SessionId;
  try {
    if (entry.state === 'unreadable') throw entry.error;
    const running =
      entry.state === 'at-work'
        ? await backups.resume(instanceId, signal)
        : await backups.startDueMaintenance({ ...entry, sessionId, signal });
    return running === null ? { kind: 'nothing' } : { kind: 'begun', running };
  } catch (error) {
    const running = runner.run(sessionId, { instanceId }, async () => {
      await Promise.resolve();
      throw error;
    });
    return { kind: 'failed', running };
  }
}

/** No longer than the limit: sessions end, and policies are changed, without a word to this one. */
async function sleepUntilNext(
  engine: EngineContext,
  entries: readonly CalendarEntry[],
  signal: AbortSignal,
): Promise<void> {
  const { clock, limits } = engine;
  const now = clock.now();
  const times = entries
    .flatMap((entry) => (entry.state === 'idle' ? (entry.dueAt ?? []) : []))
    .filter((at) => at > now);
  const at = times.reduce<number>((a, b) => Math.min(a, b), now + limits.maintenanceLookMaxMs);
  await sleepFor(engine, at - now, signal);
}

async function sleepFor(
  { clock }: EngineContext,
  durationMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await clock.sleep(durationMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
