import { ListChangedBlocksCommand, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { ChangedBlocks } from '../../../ports/cloud/changed-blocks.ts';
import type { EbsConnection } from './ebs-connection.ts';
import { toListError } from './ebs-error.ts';
import { listPages } from './list-pages.ts';

/**
 * Changed block tracking by the EBS direct APIs. Pages are passed on as they come: nothing grows
 * with the size of a volume.
 *
 * Besides the errors of the port: CLOUD_UNAVAILABLE (retryable), CLOUD_ACCESS_DENIED, CLOUD_REFUSED.
 */
export function createEbsChangedBlocks(connection: EbsConnection): ChangedBlocks {
  const { client, limits } = connection;
  return {
    async *listSnapshotBlocks(snapshotId) {
      const pages = listPages(connection, 0, async (start, abortSignal) => {
        const command = new ListSnapshotBlocksCommand({
          SnapshotId: snapshotId,
          MaxResults: limits.pageBlocks,
          ...start,
        });
        const { Blocks, NextToken, BlockSize } = await client.send(command, { abortSignal });
        return { blocks: Blocks, blockSize: BlockSize, nextToken: NextToken };
      });
      try {
        for await (const { blocks } of pages) {
          if (blocks.length > 0) yield blocks.map(({ BlockIndex: index }) => index as BlockIndex);
        }
      } catch (error) {
        throw toListError(error, { snapshotId, comparedWith: null });
      }
    },
    async *listChangedBlocks(first, second) {
      const pages = listPages(connection, 0, async (start, abortSignal) => {
        const command = new ListChangedBlocksCommand({
          FirstSnapshotId: first,
          SecondSnapshotId: second,
          MaxResults: limits.pageBlocks,
          ...start,
        });
        const {
          ChangedBlocks: blocks,
          NextToken,
          BlockSize,
        } = await client.send(command, {
          abortSignal,
        });
        return { blocks, blockSize: BlockSize, nextToken: NextToken };
      });
      try {
        for await (const { blocks } of pages) {
          if (blocks.length === 0) continue;
          yield blocks.map(({ BlockIndex: index, SecondBlockToken: token }) => ({
            index: index as BlockIndex,
            // Without a token for it the second snapshot has no such block: it is gone, and what
            // the first one had there is not what a backup of the second has to hold.
            state: token === undefined ? ('absent' as const) : ('present' as const),
          }));
        }
      } catch (error) {
        throw toListError(error, { snapshotId: second, comparedWith: first });
      }
    },
  };
}
