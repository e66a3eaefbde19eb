import type { BackupPolicy } from './backup-policy.ts';
import type { ReplicaTarget } from './replica-target.ts';

/** What one run of a policy makes for each instance, beside the snapshot set. */
export interface RunParts {
  readonly scope: 'snapshot-only' | 'image-level';
  readonly replicas: readonly ReplicaTarget[];
}

/** All that a policy can ask for: what a run on demand makes. */
export function everyPart({ image, replicas }: BackupPolicy): RunParts {
  return {
    scope: image.level === 'on' ? 'image-level' : 'snapshot-only',
    replicas: replicas.map(({ target }) => target),
  };
}
