import { open, readFile, rename, rm } from 'node:fs/promises';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { sensitiveWrappingKeyOf } from '../engine/sensitive/sensitive-key.ts';
import type { Repository } from '../format/repository.ts';
import { isAbsent } from '../platform/errno.ts';
import { vaultLayout } from './vault-layout.ts';

/**
 * What seals the keys of sensitive fields, kept in the vault: so its ledger can be read without the
 * passphrase. It opens nothing without the keys themselves, which are in the repository alone. A file that
 * is not there, or holds no key, is made anew, which takes the passphrase once.
 */
export async function vaultWrappingKey(
  folder: string,
  repository: () => Promise<Repository>,
): Promise<Uint8Array> {
  return (await readWrappingKey(folder)) ?? keepWrappingKey(folder, await repository());
}

const unfinishedSuffix = '.unfinished-';

/** Whether a file of a vault is the beginning of such a file, left by a program that was killed. */
export function isUnfinishedWrappingKey(name: string): boolean {
  return name.startsWith(`sensitive.key${unfinishedSuffix}`);
}

/** @throws STORE_UNAVAILABLE when the file cannot be written */
export async function keepWrappingKey(folder: string, repository: Repository): Promise<Uint8Array> {
  const key = await sensitiveWrappingKeyOf(repository);
  const { sensitiveKey } = vaultLayout(folder);
  const unfinished = `${sensitiveKey}${unfinishedSuffix}${process.pid}`;
  try {
    const file = await open(unfinished, 'w', 0o600);
    try {
      await file.writeFile(`${Buffer.from(key).toString('hex')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, sensitiveKey);
  } catch (cause) {
    // The first failure is what counts; what stays is harmless, and taken away by a recovery.
    await Promise.allSettled([rm(unfinished, { force: true })]);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError(
      'STORE_UNAVAILABLE',
      `'${sensitiveKey}' cannot be written: ${reason}`,
      {
        cause,
        remedy: 'Make room in the folder of the vault, and see that you may write there.',
      },
    );
  }
  return key;
}

async function readWrappingKey(folder: string): Promise<Uint8Array | null> {
  let text: string;
  try {
    text = await readFile(vaultLayout(folder).sensitiveKey, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
  const hex = /^([0-9a-f]{64})\n$/.exec(text)?.[1];
  return hex === undefined ? null : new Uint8Array(Buffer.from(hex, 'hex'));
}
