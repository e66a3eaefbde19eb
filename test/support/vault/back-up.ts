import type { Engine, BackupRequest, Running, SessionSummary } from '../../../src/engine/engine.ts';
import type { SessionEvent } from '../../../src/engine/session-event.ts';
import { web1 } from './make-test-vault.ts';

type AnyEvent = SessionEvent['event'];

/** A session that has ended, with everything that was recorded of it. */
export interface FinishedSession {
  readonly summary: SessionSummary;
  readonly events: readonly AnyEvent[];
}

/** Runs a backup to its end, however it ends. */
export async function backUp(
  engine: Engine,
  request: Partial<BackupRequest> = {},
): Promise<FinishedSession> {
  return finished(await engine.startBackup({ instanceId: web1, ...request }));
}

export async function finished(running: Running): Promise<FinishedSession> {
  const [summary, recorded] = await Promise.all([
    running.ended,
    Array.fromAsync(running.events(), ({ event }) => event),
  ]);
  return { summary, events: recorded };
}

type EventsByType = { readonly [Event in AnyEvent as Event['type']]: Event };

/** The data of all events of one type, in order. */
export function recorded<Type extends keyof EventsByType>(
  { events }: Pick<FinishedSession, 'events'>,
  type: Type,
): readonly EventsByType[Type]['data'][] {
  const found: EventsByType[Type]['data'][] = [];
  for (const event of events) {
    if (!isOf(event, type)) continue;
    const one: EventsByType[Type] = event;
    found.push(one.data);
  }
  return found;
}

/** How each volume was read: `changed`, or the mode and why it is more than that. */
export function readModes(session: Pick<FinishedSession, 'events'>): readonly string[] {
  const [plan] = recorded(session, 'ReadPlanned');
  return (plan?.volumes ?? []).map(({ mode, reason }) =>
    reason === null ? mode : `${mode}: ${reason}`,
  );
}

/** How a session's blocks were counted, over all its volumes. */
export interface BlockTotals {
  readonly read: number;
  readonly unchanged: number;
  readonly zero: number;
  readonly deduplicated: number;
  readonly stored: number;
}

export function blockTotals(session: Pick<FinishedSession, 'events'>): BlockTotals {
  const transferred = recorded(session, 'BlocksTransferred');
  const sum = (pick: (one: (typeof transferred)[number]) => number): number =>
    transferred.reduce((total, one) => total + pick(one), 0);
  return {
    read: sum((one) => one.blocksRead),
    unchanged: sum((one) => one.blocksUnchanged),
    zero: sum((one) => one.blocksZero),
    deduplicated: sum((one) => one.blocksDeduplicated),
    stored: sum((one) => one.blocksStored),
  };
}

function isOf<Type extends keyof EventsByType>(
  event: AnyEvent,
  type: Type,
): event is EventsByType[Type] {
  return event.type === type;
}
