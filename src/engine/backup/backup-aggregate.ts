import type { BackupSessionEvent } from '../../domain/backup-session/backup-events.ts';
import {
  type BackupSession,
  initialBackupSession,
} from '../../domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../domain/backup-session/evolve-backup.ts';
import { backupCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate } from '../ledger/ledger.ts';
import { instanceStream } from '../ledger/stream-names.ts';

export const backupAggregate: Aggregate<BackupSession, BackupSessionEvent> = {
  catalogue: backupCatalogue,
  initial: initialBackupSession,
  evolve: evolveBackup,
  isEnded: ({ status }) => status !== 'not-started' && status !== 'running',
  subjectOf: (state) => (state.status === 'not-started' ? null : instanceStream(state.instanceId)),
};
