import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { awsCallLimits } from '../../../../src/adapters/aws/client/aws-call-limits.ts';
import { BlockGets } from '../../../../src/adapters/aws/ebs/block-gets.ts';
import { openEbs } from '../../../../src/adapters/aws/ebs/ebs-connection.ts';
import { createEc2Client } from '../../../../src/adapters/aws/ec2/create-ec2-client.ts';
import { ec2Limits } from '../../../../src/adapters/aws/ec2/ec2-limits.ts';
import { createS3Client } from '../../../../src/adapters/aws/s3/s3-connection.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { Region, SnapshotId } from '../../../../src/domain/identifiers.ts';
import type { AwsService } from '../../../support/aws/aws-service.ts';
import { FakeAws, testCredentials } from '../../../support/aws/fake-aws.ts';

const region = 'eu-test-1' as Region;

describe('every client of AWS', () => {
  const agents = new Map<string, string>();
  let fake: FakeAws;

  /** Says no to everything, and remembers who asked. */
  const closed = (name: AwsService['name']): AwsService => ({
    name,
    operationOf: ({ method }) => method,
    handle: ({ path, headers }) => {
      agents.set(`${name} ${path}`, headers['user-agent'] ?? '');
      return Promise.resolve({ status: 403 });
    },
    errorReply: ({ status }) => ({ status }),
  });
  before(async () => {
    fake = await FakeAws.start({
      services: [closed('ec2'), closed('ebs'), closed('s3')],
    });
  });
  after(() => fake[Symbol.asyncDispose]());

  it('says that it is snapledger who asks', async () => {
    const access = { endpoint: fake.endpoint, credentials: testCredentials };
    const ec2 = createEc2Client(region, access, ec2Limits);
    const ebs = openEbs({
      region,
      clock: systemClock,
      random: systemRandom,
      ...access,
    });
    const location = {
      kind: 's3',
      bucket: 'bucket',
      prefix: '',
      region,
      endpoint: fake.endpoint,
    } as const;
    const s3 = createS3Client(location, { limits: awsCallLimits }, testCredentials);

    await assert.rejects(ec2.send(new DescribeInstancesCommand({})));
    await assert.rejects(
      ebs.client.send(new ListSnapshotBlocksCommand({ SnapshotId: 'snap-00aa' })),
    );
    const into = new Uint8Array(blockSizeBytes);
    await assert.rejects(new BlockGets(ebs, 'snap-00aa' as SnapshotId).get(7, 'AA==', into));
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'key' })));
    for (const client of [ec2, ebs.client, s3]) client.destroy();

    assert.deepEqual([...agents.keys()].toSorted(), [
      'ebs /snapshots/snap-00aa/blocks',
      'ebs /snapshots/snap-00aa/blocks/7',
      'ec2 /',
      's3 /bucket/key',
    ]);
    for (const [name, agent] of agents) assert.match(agent, /\bsnapledger\b/, name);
  });
});
