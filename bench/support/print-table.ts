import type { Figures } from './figures.ts';

/** Prints the figures, and for each kind of work the ratios to snapledger. */
export function printTable(rows: readonly Figures[]): void {
  const lines = rows.map((row) => {
    const own = rows.find(({ tool, work }) => tool === 'snapledger' && work === row.work);
    const ratio = own === undefined ? '' : (row.seconds / own.seconds).toFixed(2);
    return [
      row.tool,
      row.work,
      row.seconds.toFixed(2),
      ratio,
      row.peakMib?.toFixed(0) ?? '',
      row.storedMib?.toFixed(0) ?? '',
      row.remark,
    ];
  });
  const head = ['tool', 'work', 'seconds', 'x ours', 'peak MiB', 'stored MiB', 'remark'];
  console.log(`\n| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
  for (const line of lines) console.log(`| ${line.join(' | ')} |`);
}
