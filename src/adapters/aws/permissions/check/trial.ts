import type { Ec2Connection } from '../../ec2/ec2-connection.ts';
import type { WorkerSettings } from '../../ec2/workers/worker-settings.ts';
import type { EbsConnection } from '../../ebs/ebs-connection.ts';

/** What trying a permission has shown. */
export type TrialOutcome =
  | { readonly kind: 'allowed' }
  /** AWS does not allow it; its words. */
  | { readonly kind: 'missing'; readonly said: string }
  /** It may be allowed, but the request itself is refused: a setting is wrong; the words of AWS. */
  | { readonly kind: 'refused'; readonly said: string }
  /** It could not be tried, and why. */
  | { readonly kind: 'untried'; readonly reason: string };

/** Something that there is, on which permissions can be tried without changing it. */
export interface TrialSamples {
  readonly instanceId: string | null;
  /** A volume of that instance. */
  readonly ownVolumeId: string | null;
  /** These carry the mark of the repository. */
  readonly snapshotId: string | null;
  readonly volumeId: string | null;
  readonly workerId: string | null;
  /** There is one only while a restore to an instance is under way, or when one was left behind. */
  readonly imageId: string | null;
}

export interface TrialWorld {
  readonly connection: Ec2Connection;
  /** Null where no workers are set up. */
  readonly worker: Omit<WorkerSettings, 'programs'> | null;
  readonly ebs: EbsConnection;
  readonly samples: TrialSamples;
}

export type Trial = (world: TrialWorld) => Promise<TrialOutcome>;

export function untried(reason: string): TrialOutcome {
  return { kind: 'untried', reason };
}
