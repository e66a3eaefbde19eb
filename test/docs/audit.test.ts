import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../demo/run-command.ts';
import { runInProcess } from '../cli/support/run-in-process.ts';
import { consoleSamplesOf, patternOfLine } from './console-samples.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';

const page = await readFile(new URL('../../docs/audit.md', import.meta.url), 'utf8');
const verifier = fileURLToPath(new URL('../../bin/snapledger-verify.mjs', import.meta.url));

describe('docs/audit.md', { timeout: 240_000 }, () => {
  let folder = '';
  const passphrase = 'correct horse';
  const env: Record<string, string> = {
    SNAPLEDGER_VAULT: 'vault',
    SNAPLEDGER_PASSPHRASE: passphrase,
  };
  async function snapledger(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runInProcess(args, { env, folder });
    assert.equal(exitCode, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  }
  let session = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-audit-'));
    await writeFile(join(folder, 'disk.img'), randomBytes(1024 * 1024));
    await createTestVault({ folder: join(folder, 'vault'), passphrase });
    await snapledger('instance', 'add', 'web-1', '--volume', '/dev/xvda=disk.img');
    await snapledger('policy', 'set', 'web-1', '--keep-snapshots', '1');
    await snapledger('backup', 'web-1');
    await snapledger('backup', 'web-1');
    const [first] = JSON.parse(await snapledger('sessions', '--json')) as { id: string }[];
    session = first?.id ?? '';
    await writeFile(join(folder, 'ledger.key'), await snapledger('audit', 'key'));
    env['SNAPLEDGER_READ_KEY'] = (await snapledger('audit', 'key', '--read')).trim();
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function run(line: string): Promise<string> {
    const [program, ...args] = line.replaceAll('SESSION', session).split(' ');
    if (program === 'snapledger') return snapledger(...args);
    assert.equal(program, 'snapledger-verify');
    const paths = args.map((word) => (word.startsWith('-') ? word : join(folder, word)));
    const options = { output: 'capture' } as const;
    const { exitCode, stdout } = await runCommand(process.execPath, [verifier, ...paths], options);
    assert.equal(exitCode, 0, `${line}: ${stdout}`);
    return stdout;
  }

  it('shows what its commands print', async () => {
    const samples = consoleSamplesOf(page);
    assert.ok(samples.length >= 14);
    for (const { command, output } of samples) {
      const printed = await run(command);
      assert.ok(output.length > 0, command);
      for (const line of output) {
        assert.match(printed, patternOfLine(line), `${command} prints: ${line}`);
      }
    }
  });
});
