import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type {
  BackedUpVolume,
  ExcludedVolume,
} from '../../../domain/backup-session/backup-events.ts';
import type { StartedBackup } from '../../../domain/backup-session/backup-session.ts';
import { workingPolicy } from '../../../domain/backup-session/working-policy.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceNotice } from '../../../domain/instance/instance-notice.ts';
import { known } from '../../../domain/sensitive/sensitive.ts';
import { everyVolume, exclusionOf } from '../../../domain/policy/volume-selection.ts';
import type { StepContext } from '../step-context.ts';

/** Which volumes the instance has, and which of them the session's policy wants. */
export async function inspectInstance({ engine, session }: StepContext): Promise<BackupCommand> {
  const { instanceId, policy } = session;
  const {
    volumes: found,
    region,
    configuration,
    productCodes = [],
    notices = [],
  } = await engine.cloud.instances.describe(instanceId);
  assertWorkerAllowed(session, productCodes);
  const volumes: BackedUpVolume[] = [];
  const excluded: ExcludedVolume[] = [];
  for (const volume of found) {
    const { volumeId, device, sizeBytes, role } = volume;
    const reason = exclusionOf(policy?.volumes ?? everyVolume, volume);
    if (reason === null) volumes.push({ volumeId, device, sizeBytes, role });
    else excluded.push({ volumeId, device, reason });
  }
  if (found.length === 0) {
    throw new SnapledgerError(
      'DISK_MISSING',
      `instance '${instanceId}' has no volumes to back up`,
      { remedy: "Attach one; 'snapledger instance list' shows the volumes of each instance." },
    );
  }
  if (volumes.length === 0) {
    throw new SnapledgerError(
      'NOTHING_SELECTED',
      `the policy leaves out every volume of instance '${instanceId}'`,
      { remedy: 'Correct the volumes of the policy, or exclude the instance.' },
    );
  }
  const instance = {
    region,
    volumes,
    excluded,
    notices: notices.filter((one) => isOfChosen(one, volumes)),
    configuration: known(configuration),
  };
  return { type: 'RecordInstance', instance };
}

/** What is not backed up needs no notice of what its snapshots lack. */
function isOfChosen(notice: InstanceNotice, volumes: readonly BackedUpVolume[]): boolean {
  return (
    notice.kind !== 'multi-attach' || volumes.some(({ volumeId }) => volumeId === notice.volumeId)
  );
}

/** Before anything is made: otherwise the session would fail hours later, at its worker. */
function assertWorkerAllowed(session: StartedBackup, productCodes: readonly string[]): void {
  const { scope, instanceId } = session;
  const [code] = productCodes;
  if (code === undefined || scope !== 'image-level') return;
  if (workingPolicy(session).image.transport !== 'worker') return;
  throw new SnapledgerError(
    'WORKER_NOT_ALLOWED',
    `instance '${instanceId}' has the product code ${code} of the AWS Marketplace: no worker can read its volumes`,
    { remedy: `Use transport direct: snapledger policy set ${instanceId} --transport direct.` },
  );
}
