import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launcher } from './support/cli-process.ts';

const script = spawnSync('script', ['--version'], { encoding: 'utf8' });
const skip =
  script.status === 0 && script.stdout.includes('util-linux')
    ? false
    : 'there is no `script` of util-linux here to make a pseudo-terminal with';

/** Waits so long for a question before it gives up. */
const timeoutMs = 20_000;

describe('on a real terminal', { skip, timeout: 60_000 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-terminal-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('the passphrase is asked for twice and not echoed', async () => {
    const { exitCode, shown } = await onTerminal(folder, 'init --vault vault', [
      [/New passphrase: $/, 'hunter2\r'],
      [/again: $/, 'hunter2\r'],
    ]);
    assert.equal(exitCode, 0, shown);
    assert.match(shown, /vault made in/);
    assert.doesNotMatch(shown, /hunter2/);
  });

  it('Ctrl-C at the question makes nothing', async () => {
    const { exitCode, shown } = await onTerminal(folder, 'init --vault other', [
      [/New passphrase: $/, 'hun\u0003'],
    ]);
    assert.equal(exitCode, 1);
    assert.match(shown, /snapledger: cancelled/);
    await assert.rejects(access(join(folder, 'other')), { code: 'ENOENT' });
  });
});

/** Runs a command line under a pseudo-terminal and types each answer when its question is shown. */
async function onTerminal(
  folder: string,
  line: string,
  dialogue: readonly (readonly [question: RegExp, answer: string])[],
): Promise<{ readonly exitCode: number | null; readonly shown: string }> {
  const command = `'${process.execPath}' '${launcher}' ${line}`;
  const child: ChildProcess = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: timeoutMs,
  });
  let shown = '';
  const open = [...dialogue];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = open;
    if (next?.[0].test(shown) !== true) return;
    open.shift();
    child.stdin?.write(next[1]);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { exitCode, shown };
}
