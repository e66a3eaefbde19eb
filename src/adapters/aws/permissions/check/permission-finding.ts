import type { ReplicaTarget } from '../../../../domain/policy/replica-target.ts';
import type { AwsCaller } from '../aws-calls.ts';
import type { TrialOutcome } from './trial.ts';

/** One permission, and what trying it has shown. */
export interface PermissionFinding {
  /** As policies of IAM name it: `ec2:CreateSnapshots`. */
  readonly action: string;
  /** Who needs it. */
  readonly caller: AwsCaller;
  /** What it is for, as the end of "it is needed to …". */
  readonly purpose: string;
  /** Where snapshots are copied to, and with which key; null: in the region of the instances. */
  readonly target: ReplicaTarget | null;
  readonly outcome: TrialOutcome;
}
