import type { VerifyProgress } from '../../index.ts';
import { formatCount, formatNumber, formatSize } from '../output/format-quantity.ts';

/** How far a look for damage is, in one line. */
export function verifyProgressInWords(progress: VerifyProgress): string {
  const { pointsChecked, pointsTotal, mapNodesChecked, blocksChecked, bytesRead } = progress;
  return [
    `${formatNumber(pointsChecked)} of ${formatCount(pointsTotal, 'point')} checked`,
    formatCount(mapNodesChecked, 'map node'),
    formatCount(blocksChecked, 'block'),
    `${formatSize(bytesRead)} read`,
  ].join(', ');
}
