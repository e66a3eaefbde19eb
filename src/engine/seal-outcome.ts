import type { Problem } from '../domain/backup-session/backup-events.ts';

/** Whether the record of a session is in the signed log of the repository: docs/ledger.md. */
export type SealOutcome =
  | {
      readonly kind: 'sealed';
      /** The signed checkpoint of the log then; null while nothing was ever recorded. */
      readonly checkpoint: string | null;
      /** Witnesses that could not be reached. */
      readonly problems: readonly Problem[];
    }
  /** The session counts all the same; what the next one makes up for, unless the log and the event store disagree. */
  | { readonly kind: 'unsealed'; readonly problem: Problem };
