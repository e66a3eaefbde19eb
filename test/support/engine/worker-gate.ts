import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program of a worker that this gate holds up. */
export const gatedWorkerProgram = fileURLToPath(new URL('gated-worker.ts', import.meta.url));

/**
 * How many segments the worker of each attempt may post; more attempts: as many as they want.
 * `shut`: no worker may post any.
 */
export type Gate = readonly number[] | 'shut';

export function gatePath(vaultFolder: string): string {
  return path.join(vaultFolder, 'gate.json');
}

export async function setGate(vaultFolder: string, gate: Gate): Promise<void> {
  const file = gatePath(vaultFolder);
  await writeFile(`${file}.new`, JSON.stringify(gate));
  await rename(`${file}.new`, file);
}

export async function segmentsLetThrough(file: string, attempt: number): Promise<number> {
  const gate: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (gate === 'shut') return 0;
  const number: unknown = Array.isArray(gate) ? gate[attempt - 1] : undefined;
  return typeof number === 'number' ? number : Infinity;
}
