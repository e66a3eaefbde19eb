import type { ReplicaTarget } from '../../../../domain/policy/replica-target.ts';
import type { WorkerMachine } from '../../../../domain/policy/worker-policy.ts';
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
  /** Which machine a policy asks for; null: nothing is asked for by a policy alone. */
  readonly machine: WorkerMachine | null;
  readonly outcome: TrialOutcome;
}
