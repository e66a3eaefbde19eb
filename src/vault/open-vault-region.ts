import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { CloudPlace } from '../domain/policy/cloud-place.ts';
import type { ReconcilableRegion } from '../engine/engine.ts';
import type { Repository } from '../format/repository.ts';

export interface VaultRegion extends ReconcilableRegion {
  close(): void;
}

/**
 * What a region of EC2, in any account, has of a repository, and what can remove it. Credentials come from
 * the default chain of AWS.
 */
export async function openVaultRegion(
  repository: Repository,
  { region, account }: CloudPlace,
): Promise<VaultRegion> {
  // Its client takes a while to load, which nobody has to wait for who does without.
  const { openEc2Region } = await import('../adapters/aws/ec2/ec2-cloud.ts');
  const { openEbs } = await import('../adapters/aws/ebs/ebs-connection.ts');
  const ebs = openEbs({ region, clock: systemClock, random: systemRandom });
  const opened = openEc2Region({
    region,
    account,
    ebs,
    access: {},
    tagSecret: await repository.deriveTagSecret(),
    worker: null,
    clock: systemClock,
    random: systemRandom,
    // What is not to be trusted stands in the inventory itself.
    onUntrusted: () => undefined,
  });
  return {
    ...opened,
    account,
    close: () => {
      opened.close();
      ebs.close();
    },
  };
}
