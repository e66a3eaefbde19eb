import { EC2Client } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import type { Ec2Limits } from './ec2-limits.ts';

/** How AWS is reached; what is left out is as the SDK finds it. */
export interface AwsAccess {
  /** Another endpoint than that of the region. */
  readonly endpoint?: string;
  /** Default: the SDK's chain (environment, profile, role of this machine). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** A client that neither retries nor waits for ever, and says who it is. */
export function createEc2Client(region: Region, access: AwsAccess, limits: Ec2Limits): EC2Client {
  const { endpoint, credentials } = access;
  return new EC2Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
    customUserAgent: 'snapledger',
    requestHandler: {
      connectionTimeout: limits.connectTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
    },
  });
}
