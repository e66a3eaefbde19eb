import { isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { BackupSessions } from '../backup/backup-sessions.ts';
import type { RunningSession, RunPoliciesRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { PolicyRuns } from '../policy-run/policy-runs.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import type { CalendarEntry, MaintenanceCalendar } from './maintenance-calendar.ts';

/**
 * Looks that may fail one after the other, `maintenanceRetryMs` apart: a cloud that does not answer
 * for so long must not end the runs of policies, but not pass unnoticed for ever either.
 */
const failedLooksMax = 20;

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
 */
export async function runDueMaintenance(
  parts: MaintenanceParts,
  { until, signal = never, cancelSignal = never, onMaintenance }: RunPoliciesRequest,
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
  let failedLooks = 0;
  while (!signal.aborted) {
    const found = await lookOrFail(calendar, signal);
    if ('error' in found) {
      failedLooks += 1;
      const isTransient = isSnapledgerError(found.error) && found.error.retry === 'retryable';
      if (until === 'none-due' || !isTransient || failedLooks > failedLooksMax) throw found.error;
      await sleepFor(engine, maintenanceRetryMs, signal);
      continue;
    }
    failedLooks = 0;
    const entries = found.entries.filter(({ instanceId }) => !underWay.has(instanceId));
    for (const entry of entries) {
      // First: what follows has to hold when the session begins, and this can take hours.
      while (underWay.size >= maintenanceSessionsMax) await Promise.race(underWay.values());
      if (isAborted(signal)) break;
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
    if (until === 'none-due') break;
    await sleepUntilNext(engine, entries, signal);
  }
  await Promise.all(underWay.values());
}

type Look = { readonly entries: readonly CalendarEntry[] } | { readonly error: unknown };

async function lookOrFail(calendar: MaintenanceCalendar, signal: AbortSignal): Promise<Look> {
  try {
    return { entries: await calendar.look(signal) };
  } catch (error) {
    return { error };
  }
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
  return policy === null || (await runs.scheduleOf(policy.policyId)).state.claim === null;
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

/** Asked anew: it may have been aborted since the compiler saw it last. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
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
