import type { ErrorCode, SnapledgerError } from '../../index.ts';

/** For errors that bring no remedy of their own. */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  UNKNOWN_INSTANCE:
    "'snapledger instance list' shows the instances, 'snapledger instance add' adds one.",
  UNKNOWN_SESSION: "'snapledger sessions' shows the sessions.",
  UNKNOWN_POINT: "'snapledger points' shows the restore points.",
  AMBIGUOUS_ID: 'Give more characters of the id.',
  NO_POLICY: "Make one with 'snapledger policy set INSTANCE'; its help says what is in it.",
  TARGET_EXISTS: "Choose another folder, or use '--overwrite'.",
  CANCELLED: 'What was begun is cleaned up; run the same command again when you want.',
  OUTPUT_FAILED: 'Make room where the output goes, then run the command again.',
  NOT_A_VAULT: "Check the folder; 'snapledger init --vault DIR' makes a vault.",
  VAULT_EXISTS: 'Choose a folder that is empty or does not exist.',
  WRONG_PASSPHRASE: 'Check the passphrase; without it nobody can read the backups.',
  REVISION_CONFLICT: 'Another process was faster; run the command again.',
  LEDGER_UNAVAILABLE: "Run the command again; 'snapledger resume' ends what was interrupted.",
  INSTANCE_BUSY: "Wait until the other session has ended; 'snapledger sessions' shows it.",
  SESSION_FENCED: "'snapledger sessions' shows what became of it.",
  INTERRUPTED: "'snapledger resume' brings it to its end.",
  WORKER_LOST: 'Run the backup again; what was stored is not stored twice.',
  WORKER_FAILED: 'Run the backup again; what was stored is not stored twice.',
  TIMED_OUT: 'Run the command again when the machine has less to do.',
  STORE_FULL: 'Make room where the vault is, then run the backup again.',
  TARGET_FULL: 'Make room in the target folder, or choose another one.',
  OBJECT_CORRUPT: "'snapledger verify --deep' shows all that is damaged.",
  POINT_DAMAGED: "'snapledger verify --deep' shows all that is damaged; try another point.",
  INTERNAL:
    'This is a defect of snapledger: run it again with SNAPLEDGER_DEBUG=1 and report what it prints.',
};

/** What to do about an error; null when there is nothing better to say than its message. */
export function remedyOf(error: SnapledgerError | null): string | null {
  return error?.remedy ?? remedies[error?.code ?? 'INTERNAL'] ?? null;
}
