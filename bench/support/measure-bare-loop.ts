import { join } from 'node:path';
import type { CompressionEffort } from '../../src/format/compression-effort.ts';
import type { Figures } from './figures.ts';
import { runProcess } from './run-process.ts';

/** The arithmetic of a full backup alone, with each effort of `fast`, `balanced` and `small`. */
export async function measureBareLoop(image: string): Promise<readonly Figures[]> {
  const program = join(import.meta.dirname, '..', 'bare-loop.ts');
  const rows: Figures[] = [];
  for (const effort of ['light', 'usual', 'thorough'] satisfies CompressionEffort[]) {
    const { stdout, peakMib } = await runProcess(process.execPath, [program, image, effort]);
    const { seconds, storedBytes } = JSON.parse(stdout) as {
      readonly seconds: number;
      readonly storedBytes: number;
    };
    rows.push({
      tool: `bare loop, ${effort}`,
      work: 'full',
      seconds,
      peakMib,
      storedMib: storedBytes / 1024 ** 2,
      remark: 'stores nothing',
    });
  }
  return rows;
}
