import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exportRepository } from '../../src/vault/export-repository.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';

const verifier = fileURLToPath(new URL('../../bin/snapledger-verify.mjs', import.meta.url));

describe(
  'what an auditor reads of a repository with the read key alone',
  { timeout: 120_000 },
  () => {
    let prepared: PreparedVault;
    let repository: string;
    let publicKey: string;
    let readKey: string;
    let ofVault: string;
    before(async () => {
      prepared = await prepareVault({ policy: { transport: 'direct' } });
      const folder = await prepared.copy();
      {
        await using vault = await openTestVault(folder);
        const { audit } = vault.engine;
        publicKey = await audit.publicKey();
        readKey = await audit.readKey();
        ofVault = (await Array.fromAsync(audit.export({ format: 'json-lines' }))).join('');
      }
      repository = path.join(prepared.temporaryFolder, 'repository-alone');
      await cp(path.join(folder, 'repository'), repository, { recursive: true });
      await rm(folder, { recursive: true });
    });
    after(() => prepared[Symbol.asyncDispose]());

    async function exported(
      parts: Partial<Parameters<typeof exportRepository>[0]>,
    ): Promise<string> {
      const options = { repository, publicKey, readKey, format: 'json-lines', ...parts } as const;
      return (await Array.fromAsync(exportRepository(options))).join('');
    }

    const recordsIn = (text: string): readonly string[] =>
      text
        .split('\n')
        .filter((line) => line.includes('"kind":"record"'))
        .toSorted();

    it('is every record that is sealed, with the same proofs as from the vault', async () => {
      const before = await readdir(repository, { recursive: true });
      const text = await exported({});
      assert.deepEqual(recordsIn(text), recordsIn(ofVault));
      assert.match(text, new RegExp(`"stream":"instance-${web1}"`));
      assert.deepEqual(
        await readdir(repository, { recursive: true }),
        before,
        'nothing is written',
      );
      const file = path.join(prepared.temporaryFolder, 'sealed.jsonl');
      await writeFile(file, text);
      const { stdout, status } = spawnSync(process.execPath, [verifier, '--key', publicKey, file], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout);
      assert.match(stdout, /^these are all records of the log$/m);
    });

    it('can be a report or a table', async () => {
      assert.match(await exported({ format: 'html' }), /<h2>Sessions<\/h2>/);
      assert.match(await exported({ format: 'csv' }), /^stream,revision/);
    });

    it('is nothing without the right keys, and says which is wrong', async () => {
      await assert.rejects(exported({ readKey: 'ab'.repeat(32) }), {
        code: 'INVALID_ARGUMENT',
        message: /the read key does not open the records/,
      });
      const empty = path.join(prepared.temporaryFolder, 'empty');
      await mkdir(empty);
      await assert.rejects(exported({ repository: empty }), { code: 'NOT_A_REPOSITORY' });
      await assert.rejects(exported({ readKey: 'nonsense' }), {
        message: /not 64 hexadecimal digits/,
      });
      await assert.rejects(exported({ publicKey: 'nonsense' }), {
        message: /the public key is none/,
      });
      const other = publicKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+');
      await assert.rejects(exported({ publicKey: other }), { message: /the public key is none/ });
    });
  },
);
