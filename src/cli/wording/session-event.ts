import type { RestoreSessionEvent, SessionEvent } from '../../index.ts';
import { backupEventInWords } from './backup-events.ts';
import { restoreEventInWords } from './restore-events.ts';

/** What an event of a session says, in one sentence. */
export function eventInWords(event: SessionEvent['event']): string {
  return isRestoreEvent(event) ? restoreEventInWords(event) : backupEventInWords(event);
}

/** Keyed by type, so that the compiler asks for every one of them and for no other. */
const restoreEvents: Readonly<Record<RestoreSessionEvent['type'], true>> = {
  RestoreStarted: true,
  VolumeRestored: true,
  RestoreCompleted: true,
  RestoreFailed: true,
  RestoreCancelled: true,
};

function isRestoreEvent(event: SessionEvent['event']): event is RestoreSessionEvent {
  return Object.hasOwn(restoreEvents, event.type);
}
