import { EC2Client } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import type { AwsAccess } from '../client/aws-access.ts';
import { clientSettings } from '../client/client-settings.ts';
import type { Ec2Limits } from './ec2-limits.ts';

/** A client that neither retries nor waits for ever, and says who it is. */
export function createEc2Client(region: Region, access: AwsAccess, limits: Ec2Limits): EC2Client {
  return new EC2Client({
    ...clientSettings(region, access),
    requestHandler: {
      connectionTimeout: limits.connectTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
    },
  });
}
