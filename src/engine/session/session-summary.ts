import type { BackupSessionEvent } from '../../domain/backup-session/backup-events.ts';
import { blockCountOf } from '../../domain/block-size.ts';
import {
  type BackupSession,
  initialBackupSession,
  type StartedBackup,
} from '../../domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../domain/backup-session/evolve-backup.ts';
import {
  evolvePolicyRun,
  initialPolicyRun,
  type PolicyRun,
  type StartedPolicyRun,
} from '../../domain/policy-run/policy-run.ts';
import {
  evolveRestore,
  initialRestoreSession,
  type RestoreSession,
  type StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import {
  evolveRepositorySession,
  initialRepositorySession,
  type RepositorySession,
  type StartedRepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import type { SessionSummary } from '../session-summary.ts';
import {
  type AnySessionEvent,
  isPolicyRunEvent,
  isRepositoryEvent,
  isRestoreEvent,
} from './session-reader.ts';

/** A session of any kind that has been started. */
export type StartedSession =
  StartedBackup | StartedRestore | StartedPolicyRun | StartedRepositorySession;

/** The states of a session of any kind; the others stay not started. */
export class SessionFold {
  #backup: BackupSession = initialBackupSession;
  #restore: RestoreSession = initialRestoreSession;
  #run: PolicyRun = initialPolicyRun;
  #maintenance: RepositorySession = initialRepositorySession;

  apply(event: AnySessionEvent): void {
    if (isRestoreEvent(event)) this.#restore = evolveRestore(this.#restore, event);
    else if (isPolicyRunEvent(event)) this.#run = evolvePolicyRun(this.#run, event);
    else if (isRepositoryEvent(event))
      this.#maintenance = evolveRepositorySession(this.#maintenance, event);
    else this.#backup = evolveBackup(this.#backup, event satisfies BackupSessionEvent);
  }

  /** Null before the first event. */
  get state(): StartedSession | null {
    if (this.#backup.status !== 'not-started') return this.#backup;
    if (this.#restore.status !== 'not-started') return this.#restore;
    if (this.#run.status !== 'not-started') return this.#run;
    if (this.#maintenance.status !== 'not-started') return this.#maintenance;
    return null;
  }
}

/** What a list shows of a session, apart from whether an engine works on it. */
export type SummaryFacts = Omit<SessionSummary, 'condition'>;

export function summaryFacts(session: StartedSession): SummaryFacts {
  const { sessionId, status, startedAt, endedAt } = session;
  const common = { sessionId, status, startedAt, endedAt };
  if ('trigger' in session) return { ...common, ...runPart(session) };
  if ('work' in session) return { ...common, ...repositoryPart(session) };
  return 'scope' in session
    ? { ...common, ...backupPart(session) }
    : { ...common, ...restorePart(session) };
}

type KindPart = Omit<SummaryFacts, 'sessionId' | 'status' | 'startedAt' | 'endedAt'>;

function backupPart({
  kind,
  instanceId,
  policy,
  scope,
  ending,
  warnings,
  point,
  transfers,
}: StartedBackup): KindPart {
  const problems = ending?.outcome === 'failed' ? [ending.problem, ...warnings] : warnings;
  return {
    kind,
    instanceId,
    policyId: policy?.policyId ?? null,
    scope,
    problems,
    pointId: point?.pointId ?? null,
    source: null,
    blocksRead: sum(transfers.map(({ blocksRead }) => blocksRead)),
    bytesRead: sum(transfers.map(({ bytesRead }) => bytesRead)),
    blocksStored: sum(transfers.map(({ blocksStored }) => blocksStored)),
    bytesStored: sum(transfers.map(({ bytesStored }) => bytesStored)),
  };
}

function restorePart({
  instanceId,
  problem,
  warnings,
  source,
  restored,
}: StartedRestore): KindPart {
  return {
    kind: 'restore',
    instanceId,
    policyId: null,
    scope: null,
    problems: problem === null ? warnings : [problem, ...warnings],
    pointId: source.kind === 'restore-point' ? source.id : null,
    source,
    // Whatever holds data is read and written; each block of it is whole but the last of a volume.
    blocksRead: sum(restored.map(({ bytesWritten }) => blockCountOf(bytesWritten))),
    bytesRead: sum(restored.map(({ bytesWritten }) => bytesWritten)),
    blocksStored: 0,
    bytesStored: 0,
  };
}

function repositoryPart({
  work,
  instanceId,
  problem,
  covered,
}: StartedRepositorySession): KindPart {
  return {
    kind: work,
    instanceId,
    policyId: null,
    scope: null,
    problems: problem === null ? [] : [problem],
    pointId: null,
    source: null,
    blocksRead: 0,
    bytesRead: covered?.bytes ?? 0,
    blocksStored: 0,
    bytesStored: 0,
  };
}

function runPart({ policy, parts, problem, warnings }: StartedPolicyRun): KindPart {
  return {
    kind: 'policy-run',
    instanceId: null,
    policyId: policy.policyId,
    scope: parts.scope,
    problems: problem === null ? warnings : [problem, ...warnings],
    pointId: null,
    source: null,
    blocksRead: 0,
    bytesRead: 0,
    blocksStored: 0,
    bytesStored: 0,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
