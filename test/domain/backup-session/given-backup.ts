import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import {
  type BackupSession,
  initialBackupSession,
} from '../../../src/domain/backup-session/backup-session.ts';
import { decideBackup } from '../../../src/domain/backup-session/decide-backup.ts';
import { evolveBackup } from '../../../src/domain/backup-session/evolve-backup.ts';
import { specificationOf } from '../../support/domain/decider-specification.ts';

/** `givenBackup(...events).when(command).then(...events)` */
export const givenBackup = specificationOf<BackupCommand, BackupSession, BackupSessionEvent>({
  initial: initialBackupSession,
  evolve: evolveBackup,
  decide: decideBackup,
});
