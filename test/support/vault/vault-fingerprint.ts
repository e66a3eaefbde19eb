import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { vaultLayout } from '../../../src/vault/vault-layout.ts';
import type { OpenTestVault } from './open-test-vault.ts';

/** Everything that a refusal must leave as it was: what was recorded, and every file. */
export async function vaultFingerprint({
  folder,
  dependencies,
}: OpenTestVault): Promise<readonly string[]> {
  const facts: string[] = [];
  for await (const { stream, revision, id } of dependencies.eventStore.readAll()) {
    facts.push(`event ${stream} ${revision} ${id}`);
  }
  const { repository, cloud } = vaultLayout(folder);
  for (const part of [repository, cloud]) {
    for (const name of await readdir(part, { recursive: true })) {
      const { size, mtimeMs } = await stat(path.join(part, name));
      // The time of a folder tells of temporary files, which may come and go.
      facts.push(name.endsWith('~tmp') ? name : `file ${name} ${size} ${mtimeMs}`);
    }
  }
  return facts.sort();
}
