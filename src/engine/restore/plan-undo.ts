import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type {
  RunningExchange,
  StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import { reversed, type VolumeExchange } from '../../domain/restore-session/volume-exchange.ts';
import type { VolumeExchanges } from '../../ports/cloud/volume-exchanges.ts';
import type { OriginalTarget } from '../engine-requests.ts';
import type { StartedSession } from '../session/session-summary.ts';
import { requireStandstill } from './plan-original-restore.ts';

/** A restore that has exchanged volumes of its instance, and ended. */
export interface ExchangedRestore extends StartedRestore {
  readonly exchange: RunningExchange;
}

/** @throws INVALID_ARGUMENT for any other session */
export function requireExchanged(session: StartedSession): ExchangedRestore {
  const { sessionId } = session;
  if (!('exchange' in session) || session.exchange === null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `session ${sessionId} has not restored anything to its original place`,
      { remedy: "'snapledger sessions' lists the sessions; name a restore with '--to-original'." },
    );
  }
  if (session.status === 'running') {
    throw new SnapledgerError('INVALID_ARGUMENT', `session ${sessionId} has not ended`, {
      remedy: "Wait for it; if its program has died, 'snapledger resume' brings it to its end.",
    });
  }
  return { ...session, exchange: session.exchange };
}

/**
 * The exchange that brings back what a restore has detached. Nothing is done.
 *
 * @throws INVALID_ARGUMENT when there is nothing to bring back, or something else has happened to the volumes;
 *   UNKNOWN_INSTANCE, INSTANCE_RUNNING
 */
export async function planUndo(
  exchanges: VolumeExchanges,
  { sessionId, instanceId, status, exchange }: ExchangedRestore,
  running: OriginalTarget['running'],
): Promise<VolumeExchange> {
  if (status !== 'succeeded') {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `restore ${sessionId} did not succeed, and has put back what it had detached itself`,
      { remedy: `'snapledger replay ${sessionId}' shows what it did.` },
    );
  }
  const found = await exchanges.look(instanceId);
  const instanceWas = requireStandstill(found, running);
  for (const { device, placed } of exchange.volumes) {
    const there = found.volumes.find((one) => one.device === device)?.volumeId ?? null;
    if (there === placed) continue;
    throw changed(sessionId, `${device} has ${there ?? 'no volume'}, and not ${String(placed)}`);
  }
  const kept = exchange.volumes.flatMap((one) => one.kept ?? []);
  for (const [volumeId, state] of await exchanges.describe(kept)) {
    if (state === 'free') continue;
    const what = state === 'gone' ? 'is gone' : 'is attached to an instance';
    throw changed(sessionId, `kept volume ${volumeId} ${what}`);
  }
  const { region, volumes } = exchange;
  return { region, instanceWas, volumes: volumes.map(reversed), undoes: sessionId };
}

function changed(sessionId: SessionId, what: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `restore ${sessionId} cannot be undone: ${what}`, {
    remedy: 'Something else has changed it since; exchange the volumes by hand, or restore again.',
  });
}
