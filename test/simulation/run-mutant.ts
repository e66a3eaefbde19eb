import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutants.ts';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
const copied = ['package.json', 'src', 'test/simulation', 'test/support'] as const;

/**
 * Runs the simulation on a temporary copy of the sources that has this defect, until a run finds
 * something.
 *
 * @returns the first violations and the seed, or null when `runsMax` runs found nothing
 * @throws when the text to replace is not there exactly once, or the copy cannot run
 */
export async function runMutant(mutant: Mutant, runsMax: number): Promise<string | null> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'snapledger-mutant-'));
  try {
    for (const name of copied) {
      await cp(path.join(packageFolder, name), path.join(folder, name), { recursive: true });
    }
    await symlink(path.join(packageFolder, 'node_modules'), path.join(folder, 'node_modules'));
    const file = path.join(folder, mutant.file);
    await writeFile(file, mutated(await readFile(file, 'utf8'), mutant));
    const program = path.join(folder, 'test/simulation/find-violation.ts');
    const child = spawn(process.execPath, [program, String(runsMax)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [found, exit] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (exit[0] !== 0) throw new Error(`"${mutant.name}": the simulation itself broke`);
    return found === '' ? null : found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function mutated(source: string, { name, file, original, replacement }: Mutant): string {
  const parts = source.split(original);
  if (parts.length === 2) return parts.join(replacement);
  throw new Error(`"${name}": ${file} holds ${parts.length - 1} times: ${original}`);
}
