import { formatCount, formatNumber } from '../output/format-quantity.ts';
import { formatId } from '../output/format-id.ts';
import type { BlockRange, DamageGroup } from '../point/damage-groups.ts';

/** `damaged: point 3f2a91c4, /dev/xvda (vol-1), blocks 7 to 8, 12: the pack is missing (packs/x/1)`. */
export function damageInWords({ finding, findings, ranges, blocksBeyond }: DamageGroup): string {
  const { pointId, volumeId, device, objectKey, range, reason } = finding;
  const where = range === null || findings > 1 ? '' : ` at byte ${range.offset}`;
  const place = [
    `point ${formatId(pointId)}`,
    ...(volumeId === null || device === null ? [] : [`${device} (${volumeId})`]),
    ...blocksInWords(ranges, blocksBeyond),
  ].join(', ');
  return `damaged: ${place}: ${reason} (${objectKey}${where})`;
}

/** None when no block is hurt. */
function blocksInWords(ranges: readonly BlockRange[], blocksBeyond: number): readonly string[] {
  const hurt = ranges.filter(({ blockCount }) => blockCount > 0);
  const [first] = hurt;
  if (first === undefined) return [];
  const noun = hurt.length === 1 && first.blockCount === 1 ? 'block' : 'blocks';
  const more = blocksBeyond === 0 ? '' : ` and ${formatCount(blocksBeyond, 'block')} more`;
  return [`${noun} ${hurt.map(rangeInWords).join(', ')}${more}`];
}

function rangeInWords({ firstBlock, blockCount }: BlockRange): string {
  const first = formatNumber(firstBlock);
  return blockCount === 1 ? first : `${first} to ${formatNumber(firstBlock + blockCount - 1)}`;
}
