import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { StepContext } from '../step-context.ts';

export async function inspectInstance({ engine, session }: StepContext): Promise<BackupCommand> {
  const { volumes, region, configuration } = await engine.cloud.instances.describe(
    session.instanceId,
  );
  if (volumes.length === 0) {
    throw new SnapledgerError(
      'DISK_MISSING',
      `instance '${session.instanceId}' has no volumes to back up`,
      { remedy: "Attach one; 'snapledger instance list' shows the volumes of each instance." },
    );
  }
  return { type: 'RecordInstance', instance: { region, volumes, configuration } };
}
