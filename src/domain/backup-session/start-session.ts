import { assert } from '../errors/assert.ts';
import { isSameTarget, type ReplicaTarget } from '../policy/replica-target.ts';
import type { BackupCommand } from './backup-commands.ts';
import type { BackupScope, MaintenanceScope, SessionStarted } from './backup-events.ts';

export function isMaintenance(scope: BackupScope): scope is MaintenanceScope {
  return scope === 'retention-only' || scope === 'adoption';
}

/** How a session begins. What the engine asks for fits together, or the engine is wrong. */
export function startSession(
  command: Extract<BackupCommand, { readonly type: 'StartSession' }>,
): SessionStarted {
  const { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets } = command;
  const kind = isMaintenance(scope) ? 'maintenance' : 'backup';
  const mayHaveNone = kind === 'maintenance' || origin.kind === 'manual';
  assert(policy !== null || mayHaveNone, 'a backup that is not made by hand has a policy');
  assert(kind === 'backup' || replicaTargets.length === 0, 'maintenance copies nothing');
  const isNamedBefore = (target: ReplicaTarget, index: number): boolean =>
    replicaTargets.slice(0, index).some((one) => isSameTarget(one, target));
  assert(!replicaTargets.some(isNamedBefore), 'a replica target is named once');
  assert(
    pointKind === 'incremental' || scope === 'image-level',
    'a full point is asked for only of a session that makes a point',
  );
  const request = { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets };
  return { type: 'SessionStarted', data: { kind, ...request, startedAt: command.now } };
}
