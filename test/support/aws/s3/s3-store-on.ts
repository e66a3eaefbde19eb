import {
  type AwsCallLimits,
  awsCallLimits,
} from '../../../../src/adapters/aws/client/aws-call-limits.ts';
import {
  openS3ObjectStore,
  type S3ObjectStore,
} from '../../../../src/adapters/aws/s3/s3-object-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { S3Location } from '../../../../src/ports/object-store-location.ts';
import { testCredentials } from '../fake-aws.ts';

export const testBucket = 'backups';
export const testRegion = 'eu-test-1';

export interface S3StoreOnOptions {
  readonly lock?: Pick<S3Location, 'lockDays' | 'ledgerLockDays' | 'lockMode'>;
  readonly clock?: Clock;
}

/** Patient enough for a fault or two, and quick about it. */
export const quickLimits: AwsCallLimits = {
  ...awsCallLimits,
  attemptsMax: 4,
  firstDelayMs: 2,
  throttledFirstDelayMs: 4,
  delayMaxMs: 10,
};

export function locationOn(endpoint: string, prefix = 'some/prefix'): S3Location {
  return { kind: 's3', bucket: testBucket, prefix, region: testRegion, endpoint };
}

export function openS3StoreOn(
  endpoint: string,
  limits: AwsCallLimits = quickLimits,
  { lock, clock = systemClock }: S3StoreOnOptions = {},
): S3ObjectStore {
  return openS3ObjectStore({
    location: { ...locationOn(endpoint), ...lock },
    clock,
    random: systemRandom,
    credentials: testCredentials,
    limits,
  });
}
