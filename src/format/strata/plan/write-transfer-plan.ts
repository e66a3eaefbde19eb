import type {
  BlockSelection,
  TransferPlanRequest,
  TransferPlanSummary,
} from '../../transfer-plan.ts';
import { blockCountOf } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { condemnedPacks, refuseCondemnedParent } from '../collect/condemned-packs.ts';
import { MapCursor } from '../map/map-cursor.ts';
import { mapBlockCountMax } from '../map/map-geometry.ts';
import type { MapRoot } from '../map/map-node.ts';
import { planPageKey, planSummaryKey } from '../object/object-keys.ts';
import type { SealedKind } from '../object/sealed-object.ts';
import { sealedNonceSizeBytes, sealObject } from '../object/sealed-object.ts';
import { RecordPresence } from '../pack/record-presence.ts';
import { PlanPageBuilder, planPageEntriesMax } from '../object/transfer-plan.ts';
import { storedVolumeOf } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { checkParentMap, wholeMapBlocksMax } from './check-parent-map.ts';
import { encodePlanSummary } from './plan-summary.ts';
import { type ParentMap, plannedBlocks } from './planned-blocks.ts';

/**
 * Writes a plan page by page, then its summary, without which the plan does not count. One page
 * is in memory at a time.
 *
 * @throws INVALID_ARGUMENT for a selection that does not fit, UNKNOWN_POINT, UNKNOWN_VOLUME,
 *   OBJECT_CORRUPT when the parent cannot be read as far as it is needed, PARENT_CONDEMNED, and what
 *   `selection.pages` throws
 */
export async function writeTransferPlan(
  context: RepositoryContext,
  request: TransferPlanRequest,
): Promise<TransferPlanSummary> {
  const { sessionId, planId, sizeBytes, selection, parent } = request;
  const blockCount = checkedBlockCount(sizeBytes);
  // Before the parent is read: what is condemned while its map is looked at awaits this session,
  // and what was removed until now no point needed any more that is still there.
  const condemned = parent === null ? nothingCondemned : await condemnedPacks(context);
  const root = await parentRootOf(context, request);
  // Nothing of the parent is believed that was read before: it may have been damaged since.
  const { keyring, nodeReader } = uncachedContext(context);
  if (root !== null) await refuseCondemnedParent({ nodeReader }, root, condemned);
  const presence = new RecordPresence(context.newPackSizes(), keyring);
  let parentMap: ParentMap | null = null;
  if (root !== null) {
    const checked = checkOf(selection, blockCount);
    if (checked === 'whole') await checkParentMap(root, nodeReader, presence);
    parentMap = { checked, cursor: new MapCursor(root, nodeReader), presence };
  }
  const seal = await planSealer(context, request);

  const builder = new PlanPageBuilder();
  let pages = 0;
  let planned = 0;
  const flush = async (): Promise<void> => {
    await seal('plan-page', planPageKey(sessionId, planId, pages), builder.finish());
    pages += 1;
  };
  for await (const blocks of plannedBlocks(selection, blockCount, parentMap)) {
    for (const block of blocks) {
      if (block.action === 'read') {
        builder.addRead(block.index, block.parent);
        planned += 1;
      } else {
        builder.addAbsent(block.index);
      }
      if (builder.count === planPageEntriesMax) await flush();
    }
  }
  // Always: a page that is not full, be it empty, is what ends a plan.
  await flush();
  const base = selection.kind === 'changed' ? 'parent' : 'empty';
  const summary = encodePlanSummary({ base, sizeBytes, parent, plannedBlocks: planned, pages });
  await seal('plan-summary', planSummaryKey(sessionId, planId), summary);
  return { plannedBlocks: planned };
}

function checkOf({ kind }: BlockSelection, blockCount: number): ParentMap['checked'] {
  if (kind !== 'changed') return 'nothing';
  return blockCount <= wholeMapBlocksMax ? 'whole' : 'by-leaf';
}

const nothingCondemned: ReadonlySet<ObjectKey> = new Set();

function checkedBlockCount(sizeBytes: number): number {
  const blockCount = blockCountOf(sizeBytes);
  if (Number.isSafeInteger(sizeBytes) && blockCount >= 1 && blockCount <= mapBlockCountMax) {
    return blockCount;
  }
  throw new SnapledgerError('INVALID_ARGUMENT', `a volume of ${sizeBytes} bytes cannot be kept`, {
    remedy: 'Volumes have from 1 byte to 2 PiB.',
  });
}

async function parentRootOf(
  { catalog }: RepositoryContext,
  { parent, selection, sizeBytes }: TransferPlanRequest,
): Promise<MapRoot | null> {
  if (parent === null) {
    if (selection.kind !== 'changed') return null;
    throw new SnapledgerError('INVALID_ARGUMENT', 'changed blocks need a point to differ from', {
      remedy: 'Plan with a parent, or with all allocated blocks.',
    });
  }
  const { volume, root } = storedVolumeOf(
    await catalog.readParent(parent.pointId),
    parent.volumeId,
  );
  if (selection.kind === 'changed' && volume.sizeBytes !== sizeBytes) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the volume has ${sizeBytes} bytes and had ${volume.sizeBytes} in the parent: ` +
        'its changed blocks alone do not describe it',
      { remedy: 'Plan with all allocated blocks, because the volume was resized.' },
    );
  }
  return root;
}

async function planSealer(
  { objectStore, keys, keyring, random }: RepositoryContext,
  { sessionId }: TransferPlanRequest,
): Promise<(kind: SealedKind, objectKey: ObjectKey, content: Uint8Array) => Promise<void>> {
  const { controlKey } = await keyring.keysOf(sessionId);
  return async (kind, objectKey, content) => {
    const sealed = sealObject({
      kind,
      objectKey,
      key: controlKey,
      repositoryIdBytes: keys.repositoryIdBytes,
      nonce: random.bytes(sealedNonceSizeBytes),
      content,
    });
    await objectStore.create(objectKey, sealed);
  };
}
