import { assert } from '../../domain/errors/assert.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';

/**
 * What an instance is configured like, as the session has recorded it.
 *
 * @throws INSTANCE_FORGOTTEN when nobody can read that any more: an instance is not forgotten while a
 *   session of it runs, so that its key was removed from the repository by other means
 */
export function knownConfiguration({
  instance,
  instanceId,
}: StartedBackup): Readonly<Record<string, unknown>> {
  assert(instance !== null, 'what is made of an instance is made after it was inspected');
  const { configuration } = instance;
  if (configuration.kind === 'known') return configuration.value;
  throw new SnapledgerError(
    'INSTANCE_FORGOTTEN',
    `the configuration of instance '${instanceId}', which the session recorded, cannot be read any more`,
    { remedy: "Find out who removes objects from 'ledger/sensitive/'; then back it up again." },
  );
}
