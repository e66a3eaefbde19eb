import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { runProcess } from './run-process.ts';

/** The arithmetic of a full backup alone, at the levels that the other tools use. */
export async function measureBareLoop(image: string): Promise<readonly Figures[]> {
  const program = join(import.meta.dirname, '..', 'bare-loop.ts');
  const rows: Figures[] = [];
  for (const level of [1, 2, 3]) {
    const { stdout, peakMib } = await runProcess(process.execPath, [program, image, `${level}`]);
    const { seconds, storedBytes } = JSON.parse(stdout) as {
      readonly seconds: number;
      readonly storedBytes: number;
    };
    rows.push({
      tool: `bare loop, zstd ${level}`,
      work: 'full',
      seconds,
      peakMib,
      storedMib: storedBytes / 1024 ** 2,
      remark: 'stores nothing',
    });
  }
  return rows;
}
