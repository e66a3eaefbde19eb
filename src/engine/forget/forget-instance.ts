import { counted } from '../../domain/errors/counted.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { loadHistory } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { instanceStream, sessionStream } from '../ledger/stream-names.ts';
import { withRetries } from '../retry/with-retries.ts';
import type { SessionSeals } from '../seal/session-seals.ts';
import type { SensitiveKeys } from '../sensitive/sensitive-keys.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { countSensitiveEvents } from './count-sensitive-events.ts';
import type { ForgetRequest, ForgettingPlan, ForgottenInstance } from './forgetting-plan.ts';

export interface ForgettingParts {
  readonly context: EngineContext;
  readonly ledger: Ledger;
  readonly claims: InstanceClaims;
  readonly directory: SessionDirectory;
  readonly sensitiveKeys: SensitiveKeys;
  readonly seals: SessionSeals;
}

/**
 * Keys that are forgotten by one call: the one that is there, and those that others make anew meanwhile, each for
 * something sensitive that they record. Who records that often is not waited for.
 */
const keysPerForgettingMax = 3;

/** @throws UNKNOWN_INSTANCE when nothing was ever recorded about it; UNKNOWN_EVENT, LEDGER_CORRUPT */
export async function planForgetting(
  { context, ledger, claims, directory, sensitiveKeys }: ForgettingParts,
  instanceId: InstanceId,
): Promise<ForgettingPlan> {
  const { sessions, forgottenAt } = await claims.stateOf(instanceId);
  if (sessions.length === 0) throw nothingRecorded(instanceId);
  const stream = instanceStream(instanceId);
  const all = await directory.entries({ instanceId });
  const streams = all.map(({ sessionId }) => sessionStream(sessionId));
  const history = await loadHistory(ledger, instanceId);
  return {
    instanceId,
    forgottenAt,
    key: (await sensitiveKeys.has(stream)) ? 'there' : 'gone',
    ...(await countSensitiveEvents(context.eventStore, stream, streams)),
    snapshotSets: history.sets.length,
    replicas: history.replicas.length,
    points: history.points.length,
  };
}

/**
 * Records that the instance is forgotten, seals that, THEN destroys the key: an engine that dies in between
 * leaves the intent, and whoever asks again finishes it. In the other order a ledger that is recovered from
 * the repository would know nothing of it: a key would be missing that nobody had destroyed, and the
 * instance be backed up again.
 *
 * @throws UNKNOWN_INSTANCE, EVENTS_IN_CLEAR, INSTANCE_BUSY while a session of it is open, or as new keys of it are
 *   made all the time; FORGETTING_NOT_SEALED, and then the key that there is now is not destroyed
 */
export async function forgetInstance(
  parts: ForgettingParts,
  { instanceId, eventsInClear = 'refuse' }: ForgetRequest,
): Promise<ForgottenInstance> {
  const { claims, directory } = parts;
  const plan = await planForgetting(parts, instanceId);
  if (plan.eventsInClear > 0 && eventsInClear === 'refuse') throw inClear(plan);
  // A restore holds no instance; what it records at its end would be recorded under a new key.
  const open = (await directory.entries({ instanceId })).find(({ status }) => status === 'running');
  if (open !== undefined) throw busy(instanceId, open.sessionId);
  for (let keys = 0; keys < keysPerForgettingMax; keys += 1) {
    const { outcome, seal } = await forgetKey(parts, instanceId);
    if (outcome === 'another') continue;
    const { forgottenAt } = await claims.stateOf(instanceId);
    assert(forgottenAt !== null, 'that it is forgotten was recorded');
    return { ...plan, forgottenAt, key: 'gone', seal };
  }
  throw recordedMeanwhile(instanceId);
}

interface ForgottenKey {
  /** `another`: meanwhile one was made of which nothing is told, and it is there. */
  readonly outcome: 'gone' | 'another';
  readonly seal: ForgottenInstance['seal'];
}

async function forgetKey(
  { context, claims, sensitiveKeys, seals }: ForgettingParts,
  instanceId: InstanceId,
): Promise<ForgottenKey> {
  const { clock, random, limits } = context;
  const subject = instanceStream(instanceId);
  const retry = { policy: limits.retry, clock, random };
  const key = await withRetries(() => sensitiveKeys.current(subject), retry);
  await claims.decide(instanceId, { type: 'ForgetInstance', instanceId, key, now: clock.now() });
  const seal = await seals.catchUp();
  if (seal.kind === 'unsealed') throw notSealed(instanceId, seal.problem);
  return { outcome: await withRetries(() => sensitiveKeys.destroy(subject, key), retry), seal };
}

function nothingRecorded(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError(
    'UNKNOWN_INSTANCE',
    `nothing is recorded about instance '${instanceId}'`,
    { remedy: "'snapledger sessions' shows of which instances there is a record." },
  );
}

function inClear({ instanceId, eventsInClear }: ForgettingPlan): SnapledgerError {
  return new SnapledgerError(
    'EVENTS_IN_CLEAR',
    `${counted(eventsInClear, 'event')} about instance '${instanceId}' ${eventsInClear === 1 ? 'was' : 'were'} recorded in clear by an earlier version, and cannot be forgotten`,
    {
      remedy:
        "To forget the rest, repeat the command with '--leave-clear'; what is in clear stays in the ledger and its sealed copies.",
      details: { instanceId, eventsInClear },
    },
  );
}

function notSealed(instanceId: InstanceId, problem: Problem): SnapledgerError {
  return new SnapledgerError(
    'FORGETTING_NOT_SEALED',
    `that instance '${instanceId}' is forgotten is recorded, but could not be sealed, so that its key is still there: ${problem.message}`,
    {
      remedy: 'Mend what is in the way of sealing, then forget the instance once more.',
      details: { instanceId },
    },
  );
}

function recordedMeanwhile(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError(
    'INSTANCE_BUSY',
    `while instance '${instanceId}' was forgotten something sensitive about it was recorded again and again`,
    {
      retry: 'retryable',
      remedy: 'End what places holds on it or restores it, then forget the instance once more.',
      details: { instanceId },
    },
  );
}

function busy(instanceId: InstanceId, sessionId: string): SnapledgerError {
  return new SnapledgerError(
    'INSTANCE_BUSY',
    `session ${sessionId} of instance '${instanceId}' has not ended`,
    {
      retry: 'retryable',
      remedy: "Wait until it has ended; if its program has died, 'snapledger resume' ends it.",
      details: { instanceId, sessionId },
    },
  );
}
