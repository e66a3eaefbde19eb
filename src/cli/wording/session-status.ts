import { isRepositoryWork } from '../../index.ts';
import type { BackupScope, SessionSummary } from '../../index.ts';

/** How a session ended, or what it is doing. */
export function sessionStatusInWords({
  status,
  condition,
}: Pick<SessionSummary, 'status' | 'condition'>): string {
  if (condition === 'interrupted') return 'interrupted';
  switch (status) {
    case 'running':
      return 'running';
    case 'succeeded':
      return 'done';
    case 'warning':
      return 'done, warnings';
    case 'failed':
      return 'failed';
    case 'cancelled':
      return 'cancelled';
  }
}

/** What a session makes: `image-level backup`, `snapshot`, `restore`. */
export function sessionKindInWords({
  kind,
  scope,
}: {
  readonly kind: SessionSummary['kind'];
  readonly scope: BackupScope | null;
}): string {
  if (kind === 'restore') return 'restore';
  if (kind === 'maintenance') return scope === 'adoption' ? 'adoption' : 'retention';
  if (isRepositoryWork(kind)) return kind;
  if (kind === 'policy-run') return 'run';
  return scope === 'snapshot-only' ? 'snapshot' : 'image-level backup';
}
