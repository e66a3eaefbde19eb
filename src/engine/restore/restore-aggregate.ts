import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import {
  evolveRestore,
  initialRestoreSession,
  type RestoreSession,
} from '../../domain/restore-session/restore-session.ts';
import { restoreCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate } from '../ledger/ledger.ts';
import { instanceStream } from '../ledger/stream-names.ts';

export const restoreAggregate: Aggregate<RestoreSession, RestoreSessionEvent> = {
  catalogue: restoreCatalogue,
  initial: initialRestoreSession,
  evolve: evolveRestore,
  subjectOf: (state) => (state.status === 'not-started' ? null : instanceStream(state.instanceId)),
};
