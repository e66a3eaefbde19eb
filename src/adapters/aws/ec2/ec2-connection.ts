import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { UntrustedResource } from '../../../ports/cloud/inventory.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { TagKeys } from '../tags/tag-keys.ts';
import type { Ec2Limits } from './ec2-limits.ts';

/** What every part of the adapter works with. */
export interface Ec2Connection {
  /** Where the instances are. */
  readonly region: Region;
  /** The client of a region; made when it is first needed. */
  readonly clientOf: (region: Region) => EC2Client;
  readonly keys: TagKeys;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: Ec2Limits;
  /** Told of every untrusted resource whenever it is met. */
  readonly onUntrusted: (resource: UntrustedResource) => void;
}
