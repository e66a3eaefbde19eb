import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  formatIdentity,
  isRunning,
  ownIdentity,
  parseIdentity,
  type ProcessIdentity,
} from '../../../src/platform/process-identity.ts';

/** The program of a worker that this gate holds up. */
export const gatedWorkerProgram = fileURLToPath(new URL('gated-worker.ts', import.meta.url));

/** The program of a worker that no gate ever lets say anything. */
export const silentWorkerProgram = fileURLToPath(new URL('silent-worker.ts', import.meta.url));

/**
 * How many segments the worker of each attempt may post; more attempts: as many as they want.
 * `shut`: no worker may post any.
 */
export type Gate = readonly number[] | 'shut';

export function gatePath(vaultFolder: string): string {
  return path.join(vaultFolder, 'gate.json');
}

interface GateFile {
  /** Who will open it: workers end when it has ended, since nobody lets them through any more. */
  readonly keeper: string;
  readonly gate: Gate;
}

/** @param keeper default: this process */
export async function setGate(
  vaultFolder: string,
  gate: Gate,
  keeper: ProcessIdentity = ownIdentity(),
): Promise<void> {
  const file = gatePath(vaultFolder);
  const content: GateFile = { keeper: formatIdentity(keeper), gate };
  await writeFile(`${file}.new`, JSON.stringify(content));
  await rename(`${file}.new`, file);
}

/** Null: whoever kept the gate has ended. */
export async function segmentsLetThrough(file: string, attempt: number): Promise<number | null> {
  const { keeper, gate } = gateFileOf(JSON.parse(await readFile(file, 'utf8')));
  const identity = parseIdentity(keeper);
  if (identity === null || !isRunning(identity)) return null;
  return gate === 'shut' ? 0 : (gate[attempt - 1] ?? Infinity);
}

function gateFileOf(content: unknown): GateFile {
  assert.ok(typeof content === 'object' && content !== null);
  assert.ok('keeper' in content && 'gate' in content);
  const { keeper, gate } = content;
  assert.ok(typeof keeper === 'string');
  if (gate === 'shut') return { keeper, gate };
  assert.ok(Array.isArray(gate));
  return {
    keeper,
    gate: gate.map((segments: unknown) => {
      assert.ok(typeof segments === 'number');
      return segments;
    }),
  };
}
