import {
  DescribeSnapshotsCommand,
  type DescribeSnapshotsRequest,
  type Filter,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import type { Region } from '../../../../domain/identifiers.ts';
import { allPages } from '../all-pages.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { filterValuesMax, pageLength } from '../ec2-limits.ts';

/** The snapshots of this account in a region that meet the filters, all of its pages. */
export function listSnapshots(
  connection: Ec2Connection,
  region: Region,
  ...filters: readonly Filter[]
): Promise<readonly Snapshot[]> {
  return listed(connection, region, { Filters: [...filters] });
}

/** Those that another account was given to read; what it has itself nobody gave it. */
export async function listSharedSnapshots(
  connection: Ec2Connection,
  region: Region,
  accountId: string,
): Promise<readonly Snapshot[]> {
  const readable = await listed(connection, region, { RestorableByUserIds: [accountId] });
  return readable.filter(({ OwnerId }) => OwnerId !== accountId);
}

function listed(
  connection: Ec2Connection,
  region: Region,
  which: Pick<DescribeSnapshotsRequest, 'Filters' | 'RestorableByUserIds'>,
): Promise<readonly Snapshot[]> {
  return allPages(async (nextToken) => {
    const { Snapshots = [], NextToken } = await callEc2(
      connection,
      { operation: 'DescribeSnapshots', region, repetition: 'safe' },
      (client, options) =>
        client.send(
          new DescribeSnapshotsCommand({
            // Without it the listing has every public snapshot of the region in it.
            OwnerIds: ['self'],
            ...which,
            MaxResults: pageLength,
            NextToken: nextToken,
          }),
          options,
        ),
    );
    return { items: Snapshots, nextToken: NextToken };
  });
}

/**
 * Those of the snapshots that exist. By a filter and not by `SnapshotIds`, with which one that is
 * missing would fail the request for all.
 */
export async function listSnapshotsById(
  connection: Ec2Connection,
  region: Region,
  snapshotIds: readonly string[],
): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = [];
  for (let begin = 0; begin < snapshotIds.length; begin += filterValuesMax) {
    const Values = snapshotIds.slice(begin, begin + filterValuesMax);
    found.push(...(await listSnapshots(connection, region, { Name: 'snapshot-id', Values })));
  }
  return found;
}
