/*
 * `node nameless-user.ts <folder>`: becomes a user that the machine has no name for, makes a vault
 * in the folder, and prints who is at work in it.
 */
import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { openVaultParts } from '../../../src/vault/open-vault-parts.ts';
import { makeTestVault } from '../vault/make-test-vault.ts';
import { testPassphrase } from '../vault/open-test-vault.ts';

const nameless = 54_321;
const folder = path.join(process.argv.at(-1) ?? '', 'nameless');
mkdirSync(folder);
chownSync(folder, nameless, nameless);
chownSync(path.dirname(folder), nameless, nameless);
process.setuid?.(nameless);
const parts = await openVaultParts({
  folder: await makeTestVault(folder),
  passphrase: () => Promise.resolve(testPassphrase),
});
process.stdout.write(parts.dependencies.actor);
await parts.close();
