import type { EC2Client, ResourceType, TagSpecification } from '@aws-sdk/client-ec2';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../../domain/identifiers.ts';
import { callEc2, type SendOptions } from '../../ec2/call-ec2.ts';
import type { Ec2Connection } from '../../ec2/ec2-connection.ts';
import { awsCodeOf } from '../../ec2/ec2-error.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { type TrialOutcome, untried } from './trial.ts';

/** EC2 answers a dry run with an error in any case; which one tells. */
export async function dryRun(
  connection: Ec2Connection,
  { operation, region }: { readonly operation: string; readonly region: Region },
  send: (client: EC2Client, options: SendOptions) => Promise<unknown>,
): Promise<TrialOutcome> {
  try {
    await callEc2(connection, { operation, region, repetition: 'safe' }, send);
  } catch (error) {
    if (awsCodeOf(error) === 'DryRunOperation') return { kind: 'allowed' };
    if (hasErrorCode(error, 'CLOUD_ACCESS_DENIED')) return { kind: 'missing', said: error.message };
    if (hasErrorCode(error, 'CLOUD_REFUSED', 'LIMIT_EXCEEDED')) {
      return { kind: 'refused', said: error.message };
    }
    throw error;
  }
  // It has done something instead of only saying whether it would: no EC2 that we know.
  return untried('the endpoint knows no dry runs');
}

/** The tags of a request that would make something: the permission asks for the mark. */
export function marked({ keys }: Ec2Connection, ResourceType: ResourceType): TagSpecification[] {
  const Key = sealTagName(keys, { kind: 'mark' });
  return [{ ResourceType, Tags: [{ Key, Value: '' }] }];
}
