import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { UntrustedResource } from '../../../ports/cloud/inventory.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { TagKeys } from '../tags/tag-keys.ts';
import { type AwsAccess, createEc2Client } from './create-ec2-client.ts';
import type { Ec2Limits } from './ec2-limits.ts';

/** What it takes to ask EC2 for something. */
export interface Ec2Access {
  /** Where the instances are. */
  readonly region: Region;
  /** The client of a region; made when it is first needed. */
  readonly clientOf: (region: Region) => EC2Client;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: Ec2Limits;
}

/** What every part of the adapter works with that knows its own resources by their tags. */
export interface Ec2Connection extends Ec2Access {
  readonly keys: TagKeys;
  /** Told of every untrusted resource whenever it is met. */
  readonly onUntrusted: (resource: UntrustedResource) => void;
}

export interface Ec2AccessOptions {
  readonly region: Region;
  readonly access: AwsAccess;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: Ec2Limits;
}

/** Access whose connections are given up by `close`. */
export function openEc2Access({
  region,
  access,
  clock,
  random,
  limits,
}: Ec2AccessOptions): Ec2Access & { readonly close: () => void } {
  const clients = new Map<Region, EC2Client>();
  return {
    region,
    clock,
    random,
    limits,
    clientOf(of) {
      const known = clients.get(of);
      if (known !== undefined) return known;
      const made = createEc2Client(of, access, limits);
      clients.set(of, made);
      return made;
    },
    close() {
      for (const client of clients.values()) client.destroy();
    },
  };
}
