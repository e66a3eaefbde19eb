import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Engine,
  errorCodes,
  type RunningSession,
  type SessionSummary,
  SnapledgerError,
} from '../../src/index.ts';
import { remedyOf } from '../../src/cli/wording/remedies.ts';
import { sampleInstance, sampleSummary } from './support/sample-records.ts';
import { runCliWith } from './support/run-cli-with.ts';

const problem = { code: 'STORE_FULL', message: 'the repository has no room left' };

describe('the exit code of a session', () => {
  it('is 0 when it succeeded', async () => {
    assert.equal((await runCliWith(['backup', 'web-1'])).exitCode, 0);
  });

  it('is 3 when there were warnings', async () => {
    const vault = { summary: { status: 'warning', problems: [problem] } } as const;
    const { exitCode, stdout } = await runCliWith(['backup', 'web-1'], { vault });
    assert.equal(exitCode, 3);
    assert.match(stdout, /done, warnings/);
  });

  it('is 1 when it failed, with the reason and where to look', async () => {
    const vault = { summary: { status: 'failed', problems: [problem], pointId: null } } as const;
    const { exitCode, stderr } = await runCliWith(['backup', 'web-1'], { vault });
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /snapledger: the image-level backup of web-1 failed: the repository has no room left\n'snapledger replay 3f2a91c4' shows what happened\.\n$/,
    );
    const json = await runCliWith(['backup', 'web-1', '--json'], { vault });
    const { id, status } = JSON.parse(json.stdout) as Record<string, unknown>;
    assert.deepEqual({ id: typeof id, status }, { id: 'string', status: 'failed' });
    assert.equal((JSON.parse(json.stderr) as { code: string }).code, 'STORE_FULL');
  });

  it('is 1 when it failed, also by what is a usage error where nothing was begun', async () => {
    const unwritable = { code: 'INVALID_ARGUMENT', message: "'/out' cannot be written" };
    const vault = {
      summary: { kind: 'restore', status: 'failed', problems: [unwritable] },
    } as const;
    const { exitCode, stderr } = await runCliWith(['restore', '3f2a', '--to', '/out'], { vault });
    assert.equal(exitCode, 1);
    assert.match(stderr, /snapledger: the restore of web-1 failed: '\/out' cannot be written\n/);
  });

  it('is 1 when it was cancelled', async () => {
    const vault = { summary: { status: 'cancelled' } } as const;
    const { exitCode, stderr } = await runCliWith(['backup', 'web-1'], { vault });
    assert.equal(exitCode, 1);
    assert.match(stderr, /snapledger: cancelled\n/);
  });

  it('is the worst of those that were resumed', async () => {
    const failed = { interrupted: 'one', summary: { status: 'failed' } } as const;
    assert.equal((await runCliWith(['resume'], { vault: failed })).exitCode, 1);
    const warned = { interrupted: 'one', summary: { status: 'warning' } } as const;
    assert.equal((await runCliWith(['resume'], { vault: warned })).exitCode, 3);
  });

  it('is 0 for a resumed one that was being cancelled before: it came to the end it was to have', async () => {
    const vault = { interrupted: 'one', summary: { status: 'cancelled' } } as const;
    assert.equal((await runCliWith(['resume'], { vault })).exitCode, 0);
  });
});

describe('the copying of disks for a snapshot set', () => {
  const engine: Partial<Engine> = {
    startBackup: ({ instanceId, onProgress }) => {
      for (const bytesDone of [2, 8]) {
        onProgress?.({ bytesDone: bytesDone * 1024 ** 3, bytesTotal: 8 * 1024 ** 3 });
      }
      return Promise.resolve({
        sessionId: sampleSummary.sessionId,
        instanceId,
        ended: Promise.resolve(sampleSummary),
        sealed: Promise.resolve({ kind: 'sealed', checkpoint: null, problems: [] }),
        events: noEvents,
      });
    },
  };

  it('is shown as a line with its time in a pipe, and as a bar on a terminal', async () => {
    const inPipe = await runCliWith(['backup', 'web-1'], { vault: { engine } });
    assert.match(inPipe.stderr, /^\d\d:\d\d:\d\d {2}25 %: snapshot: 2\.0 GiB of 8\.0 GiB\n/);
    assert.match(inPipe.stderr, /100 %: snapshot: 8\.0 GiB of 8\.0 GiB\n/);
    const drawn = await runCliWith(['backup', 'web-1'], { vault: { engine }, stderr: 'terminal' });
    assert.match(drawn.stderr, /\[#{6}-{18}\] {2}25 % {2}snapshot: 2\.0 GiB of 8\.0 GiB/);
  });
});

describe('an interrupted session', () => {
  it('is brought to its end before a backup, and said so', async () => {
    const { exitCode, stderr } = await runCliWith(['backup', 'web-1'], {
      vault: { interrupted: 'one' },
    });
    assert.equal(exitCode, 0);
    assert.match(stderr, /^snapledger: warning: session 3f2a91c4 of web-1 was interrupted\n/);
  });

  it('that is not there is nothing to resume', async () => {
    const { exitCode, stdout } = await runCliWith(['resume']);
    assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'nothing to resume\n' });
  });

  it('that cannot be brought to its end is told last, after those that could', async () => {
    const interrupted = (sessionId: string, ended: Promise<SessionSummary>): RunningSession => ({
      sessionId: sessionId as RunningSession['sessionId'],
      instanceId: sampleInstance.instanceId,
      ended,
      sealed: Promise.resolve({ kind: 'sealed', checkpoint: null, problems: [] }),
      events: noEvents,
    });
    const failure = (message: string): Promise<never> =>
      Promise.reject(new SnapledgerError('LEDGER_UNAVAILABLE', message));
    const engine: Partial<Engine> = {
      resumeInterrupted: () =>
        Promise.resolve([
          interrupted('first', failure('the ledger was away')),
          interrupted(sampleSummary.sessionId, Promise.resolve(sampleSummary)),
          interrupted('third', failure('and away again')),
        ]),
    };
    const { exitCode, stdout, stderr } = await runCliWith(['resume'], { vault: { engine } });
    assert.equal(exitCode, 1);
    assert.match(stdout, /^image-level backup of web-1: done/);
    assert.match(stderr, /and away again\n.*\nsnapledger: the ledger was away\n.*resume/);
  });

  it('is looked for only of an instance that there is', async () => {
    const engine: Partial<Engine> = {
      resumeInterrupted: ({ instanceId } = {}) =>
        Promise.reject(new SnapledgerError('UNKNOWN_INSTANCE', `there is no '${instanceId}'`)),
    };
    const { exitCode, stdout, stderr } = await runCliWith(['resume', 'nope'], {
      vault: { engine },
    });
    assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: '' });
    assert.match(stderr, /there is no 'nope'\n.*snapledger instance list/);
  });
});

describe('the list of sessions', () => {
  const resume = "interrupted: 'snapledger resume' brings them to their end\n";
  const run = "interrupted runs: 'snapledger run' brings them to their end\n";
  const cases = [
    { kinds: [], footer: '' },
    { kinds: ['backup'], footer: `\n\n${resume}` },
    { kinds: ['policy-run'], footer: `\n\n${run}` },
    { kinds: ['policy-run', 'restore'], footer: `\n\n${resume}${run}` },
  ] as const;

  for (const { kinds, footer } of cases) {
    it(`tells what ends those interrupted: ${kinds.join(' and ') || 'none'}`, async () => {
      const interrupted = kinds.map((kind) => ({
        ...sampleSummary,
        ...(kind === 'policy-run' ? { instanceId: null } : {}),
        ...{ kind, status: 'running', condition: 'interrupted', endedAt: null },
      }));
      const sessions = [sampleSummary, ...interrupted] as readonly SessionSummary[];
      const engine: Partial<Engine> = { listSessions: () => Promise.resolve(sessions) };
      const { stdout } = await runCliWith(['sessions'], { vault: { engine } });
      const end = stdout.indexOf('\n\n');
      assert.equal(end === -1 ? '' : stdout.slice(end), footer);
      assert.equal(stdout.match(/ interrupted$/gm)?.length ?? 0, kinds.length);
    });
  }
});

describe('an error', () => {
  it('without a remedy of its own gets one that names the command', async () => {
    const vault = {
      engine: {
        startBackup: () =>
          Promise.reject(new SnapledgerError('NO_POLICY', "no policy covers 'web-1'")),
      },
    };
    const { exitCode, stderr } = await runCliWith(['backup', 'web-1'], { vault });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^snapledger: no policy covers 'web-1'\n.*snapledger policy set/);
  });

  it('of whatever code says what to do', async () => {
    for (const code of errorCodes) {
      const vault = {
        engine: { startBackup: () => Promise.reject(new SnapledgerError(code, 'so it is')) },
      };
      const { stderr } = await runCliWith(['backup', 'web-1'], { vault });
      if (code !== 'CANCELLED') assert.match(stderr, /^snapledger: so it is\n/, code);
      assert.match(stderr, /\n['A-Z].*\.\n$/, code);
    }
  });

  it('names in what to do only commands that there are', async () => {
    const help = await runCliWith(['--help']);
    const commands = new Set([...help.stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name));
    for (const code of errorCodes) {
      const remedy = remedyOf(new SnapledgerError(code, ''));
      for (const [, command = ''] of remedy.matchAll(/'snapledger ([a-z]+)/g)) {
        assert.ok(commands.has(command), `${code}: ${command}`);
      }
    }
  });

  it('shows where it arose only when asked to', async () => {
    const vault = { engine: { listInstances: () => Promise.reject(new TypeError('oh\u001b[2J')) } };
    const env = { SNAPLEDGER_VAULT: 'v' };
    const plain = await runCliWith(['instance', 'list'], { env, vault });
    assert.equal(plain.exitCode, 1);
    assert.match(plain.stderr, /^snapledger: unexpected error: oh\?\[2J\nThis is a defect .*\n$/);
    const debug = await runCliWith(['instance', 'list'], {
      env: { ...env, SNAPLEDGER_DEBUG: '1' },
      vault,
    });
    assert.match(debug.stderr, /^ {4}at /m);
  });

  it('of the work is shown, not the one of closing the vault after it', async () => {
    const { stderr } = await runCliWith(['instance', 'list'], {
      dependencies: {
        openVault: () =>
          Promise.resolve({
            folder: 'v',
            cloud: { kind: 'local' },
            close: () => Promise.reject(new Error('while closing')),
            get engine(): never {
              throw new Error('while working');
            },
            addInstance: () => Promise.reject(new Error()),
            taggedInstance: () => Promise.reject(new Error()),
            tagInstance: () => Promise.reject(new Error()),
            imageFolder: (): never => {
              throw new Error();
            },
            imageFile: (): never => {
              throw new Error();
            },
            servePoint: () => Promise.reject(new Error()),
            setWitness: () => Promise.reject(new Error()),
            witness: () => Promise.reject(new Error()),
            disturbedObjects: () => [],
            awsPolicy: () => Promise.reject(new Error()),
            checkAws: () => Promise.reject(new Error()),
            reconcile: () => Promise.reject(new Error()),
          }),
      },
    });
    assert.match(stderr, /while working/);
    assert.doesNotMatch(stderr, /while closing/);
  });
});

describe('stopping', () => {
  it('before a session has begun begins none', async () => {
    const controller = new AbortController();
    controller.abort(new SnapledgerError('CANCELLED', 'stopped by SIGINT'));
    const asked: unknown[] = [];
    const { exitCode, stderr } = await runCliWith(['backup', 'web-1'], {
      signal: controller.signal,
      vault: { asked: (request) => asked.push(request) },
    });
    assert.deepEqual(asked, []);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^snapledger: cancelled\n/);
  });

  it('reaches a session that runs, is said, and is waited for', async () => {
    const controller = new AbortController();
    const engine: Partial<Engine> = {
      startBackup: ({ signal }) => {
        const { instanceId } = sampleInstance;
        const summary = { ...sampleSummary, status: 'cancelled' } as const;
        const ended = new Promise<SessionSummary>((resolve) => {
          signal?.addEventListener('abort', () => {
            // Cleaning up takes its time.
            setImmediate(resolve, summary);
          });
        });
        setImmediate(() => {
          controller.abort(new Error('stopped'));
        });
        const { sessionId } = summary;
        const sealed = Promise.resolve({ kind: 'sealed', checkpoint: null, problems: [] } as const);
        return Promise.resolve({ sessionId, instanceId, ended, sealed, events: noEvents });
      },
    };
    const { exitCode, stderr } = await runCliWith(['backup', 'web-1'], {
      signal: controller.signal,
      vault: { engine },
    });
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^cancelling: cleaning up first; Ctrl-C again stops at once\nsnapledger: cancelled\n/,
    );
  });
});

async function* noEvents(): AsyncIterable<never> {
  yield* await Promise.resolve([]);
}
