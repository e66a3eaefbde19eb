import type { StartedBackup } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';

type InstanceNotice = NonNullable<StartedBackup['instance']>['notices'][number];

/** What somebody has to know of an instance, in one sentence. */
export function noticeInWords(notice: InstanceNotice): string {
  switch (notice.kind) {
    case 'instance-store':
      return `its instance store (${notice.sizeGb} GB on disks of its host) is not backed up: no snapshot holds it`;
    case 'instance-store-unknown':
      return 'whether it has an instance store, which is not backed up, is not known: EC2 does not tell (ec2:DescribeInstanceTypes)';
    case 'multi-attach':
      return `${notice.device} is attached to ${formatCount(notice.instanceIds.length, 'instance')}: what the others have not written yet is not in its snapshots`;
  }
}
