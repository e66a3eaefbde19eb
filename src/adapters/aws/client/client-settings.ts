import type { Region } from '../../../domain/identifiers.ts';
import type { AwsAccess } from './aws-access.ts';

/** What the clients of EC2, EBS and STS have in common: they repeat nothing by themselves, and say who they are. */
export interface ClientSettings extends AwsAccess {
  readonly region: Region;
  readonly maxAttempts: 1;
  readonly customUserAgent: 'snapledger';
}

export function clientSettings(
  region: Region,
  { endpoint, credentials }: AwsAccess,
): ClientSettings {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
    customUserAgent: 'snapledger',
  };
}
