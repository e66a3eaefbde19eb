import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { createCommandWitness } from '../adapters/witness/command-witness.ts';
import { createFileWitness } from '../adapters/witness/file-witness.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { hasErrno, isAbsent } from '../platform/errno.ts';
import type { CheckpointWitness } from '../ports/checkpoint-witness.ts';
import { vaultLayout } from './vault-layout.ts';

/** Who gets each checkpoint of the ledger besides the vault itself. */
export type WitnessSetting =
  /** Absolute path of a file, on another disk or machine. */
  | { readonly kind: 'file'; readonly path: string }
  /** Program and arguments; gets the checkpoint on its standard input. */
  | { readonly kind: 'command'; readonly command: readonly string[] };

/**
 * Keeps the setting for all who open the vault from now on; null: no witness any more.
 *
 * @throws INVALID_ARGUMENT for a file that cannot be written
 */
export async function writeWitnessSetting(
  folder: string,
  setting: WitnessSetting | null,
): Promise<void> {
  const { witness } = vaultLayout(folder);
  if (setting === null) {
    await rm(witness, { force: true });
    return;
  }
  if (setting.kind === 'file') await assertWritable(setting.path);
  const unfinished = `${witness}.unfinished-${process.pid}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(setting, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, witness);
}

/** Said when it is set, not after a backup. The file is there afterwards only if it was before. */
async function assertWritable(path: string): Promise<void> {
  try {
    const made = await openUnless('EEXIST', path, 'ax');
    await (made ?? (await open(path, 'a'))).close();
    if (made !== null) await rm(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the witness '${path}' cannot be written: ${reason}`,
      {
        cause,
        remedy: 'Name a file in a folder that is there and can be written to.',
      },
    );
  }
}

/** Null when it fails with that code. */
async function openUnless(errno: string, path: string, flags: string): Promise<FileHandle | null> {
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if (hasErrno(error, errno)) return null;
    throw error;
  }
}

/**
 * The witnesses of a vault: its own file, which tells when the repository is an older copy, and
 * the one that was set.
 *
 * @throws NOT_A_VAULT when the setting cannot be understood: it must not be passed over in silence
 */
export async function witnessesOf(folder: string): Promise<readonly CheckpointWitness[]> {
  const layout = vaultLayout(folder);
  const own = createFileWitness(layout.checkpoints);
  const setting = await readWitnessSetting(folder);
  switch (setting?.kind) {
    case undefined:
      return [own];
    case 'file':
      return [own, createFileWitness(setting.path)];
    case 'command':
      return [own, createCommandWitness({ command: setting.command })];
  }
}

export async function readWitnessSetting(folder: string): Promise<WitnessSetting | null> {
  const { witness } = vaultLayout(folder);
  let text: string;
  try {
    text = await readFile(witness, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) return null;
    throw unusable(witness, cause);
  }
  const setting = parse(text);
  if (setting === null) throw unusable(witness);
  return setting;
}

function parse(text: string): WitnessSetting | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if ('path' in value && typeof value.path === 'string') return { kind: 'file', path: value.path };
  if (!('command' in value) || !Array.isArray(value.command)) return null;
  const command: unknown[] = value.command;
  const isCommand = command.length > 0 && command.every((word) => typeof word === 'string');
  return isCommand ? { kind: 'command', command } : null;
}

function unusable(path: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('NOT_A_VAULT', `the witness setting '${path}' cannot be understood`, {
    cause,
    remedy: `Set it again: snapledger audit witness --file FILE, --command COMMAND or --none.`,
  });
}

/** What a program left that was killed while it wrote the setting. */
export function isUnfinishedWitness(name: string): boolean {
  return name.startsWith('witness.json.unfinished-');
}
