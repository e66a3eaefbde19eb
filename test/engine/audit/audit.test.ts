import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createFileWitness } from '../../../src/adapters/witness/file-witness.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { SessionId, TimestampMs } from '../../../src/domain/identifiers.ts';
import type { ExportOptions, SessionFilter } from '../../../src/engine/audit/audit.ts';
import { isConsistent, openCheckpoint, parseNoteKey } from '../../../src/index.ts';
import { sessionStream } from '../../../src/engine/ledger/stream-names.ts';
import { backUp, finished } from '../../support/vault/back-up.ts';
import { imageFolder } from '../../../src/adapters/image-folder/image-folder.ts';
import { web1 } from '../../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../../support/vault/prepared-vault.ts';
import type { CheckpointWitness } from '../../../src/ports/checkpoint-witness.ts';

const verifier = fileURLToPath(new URL('../../../bin/snapledger-verify.mjs', import.meta.url));

describe('the audit of a vault', { timeout: 240_000 }, () => {
  let prepared: PreparedVault;
  let vault: OpenTestVault;
  let firstSession: SessionId;
  before(async () => {
    prepared = await prepareVault({ policy: { keep: 1, transport: 'direct' } });
    vault = await openTestVault(await prepared.copy());
    const [first] = await vault.engine.listSessions();
    assert.ok(first !== undefined);
    firstSession = first.sessionId;
  });
  after(async () => {
    await vault[Symbol.asyncDispose]();
    await prepared[Symbol.asyncDispose]();
  });

  async function exported(options: ExportOptions): Promise<string> {
    return (await Array.fromAsync(vault.engine.audit.export(options))).join('');
  }

  async function verify(name: string, text: string): Promise<string> {
    const file = path.join(prepared.temporaryFolder, name);
    await writeFile(file, text);
    const key = await vault.engine.audit.publicKey();
    const { stdout, status } = spawnSync(process.execPath, [verifier, '--key', key, file], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
    return stdout;
  }

  it('finds every session sealed at its end, its instance and its policy with it', async () => {
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const { summary } = await finished(running);
    assert.equal(summary.status, 'succeeded');
    const seal = await running.sealed;
    assert.equal(seal.kind, 'sealed');
    const proof = await vault.engine.audit.verify();
    assert.deepEqual(proof.findings, []);
    assert.deepEqual(proof.unsealedSessions, []);
    // Two sessions, the instance, the policy.
    assert.equal(proof.streams, 4);
    const records = await Array.fromAsync(vault.dependencies.eventStore.readAll());
    assert.equal(proof.size, records.length);
  });

  it('seals restores too', async () => {
    const folder = path.join(prepared.temporaryFolder, 'restored');
    const target = imageFolder({ folder, existing: 'refuse' });
    const running = await vault.engine.startRestore({ pointId: firstSession, target });
    await finished(running);
    const seal = await running.sealed;
    assert.equal(seal.kind, 'sealed');
    const sessions = await vault.engine.audit.sessions();
    assert.deepEqual(
      sessions.map(({ kind, seal: sealed }) => `${kind} ${sealed}`),
      ['backup sealed', 'backup sealed', 'restore sealed'],
    );
  });

  it('lists sessions by instance, time, outcome and who began them', async () => {
    const { audit } = vault.engine;
    const [one, two] = await audit.sessions();
    assert.ok(one !== undefined && two !== undefined);
    const count = async (filter: Parameters<typeof audit.sessions>[0]): Promise<number> =>
      (await audit.sessions(filter)).length;
    assert.equal(await count({ instanceId: web1 }), 3);
    assert.equal(await count({ instanceId: 'another' as typeof web1 }), 0);
    assert.equal(await count({ until: two.startedAt }), 1);
    assert.equal(await count({ since: two.startedAt }), 2);
    assert.equal(await count({ since: (one.startedAt + 1) as TimestampMs }), 2);
    assert.equal(await count({ outcome: 'succeeded' }), 3);
    assert.equal(await count({ outcome: 'failed' }), 0);
    assert.equal(await count({ actor: one.actor }), 3);
    assert.equal(await count({ actor: 'nobody' }), 0);
  });

  it('tells what happened to snapshots and points, and why', async () => {
    const timeline = await vault.engine.audit.timeline(web1);
    const told = timeline.map(({ subject, what, reasons }) =>
      [subject, what, ...reasons.map((one) => ('reason' in one ? one.reason.kind : one.kind))].join(
        ' ',
      ),
    );
    for (const expected of [
      'session began',
      'snapshot-set taken',
      'snapshot-set completed',
      'restore-point committed',
      'snapshot-set kept within-count cbt-base',
      'snapshot-set to-be-removed beyond-count',
      'snapshot-set removed',
      'session succeeded',
      'restore-point restored',
    ]) {
      assert.ok(told.includes(expected), `${expected}: ${told.join('; ')}`);
    }
    assert.ok(told.indexOf('restore-point restored') < told.lastIndexOf('session succeeded'));
    assert.deepEqual(await vault.engine.audit.timeline('another' as typeof web1), []);
  });

  it('shows how a session changed between two events', async () => {
    const { audit } = vault.engine;
    const events = await Array.fromAsync(vault.engine.replay(firstSession));
    const last = events.length - 1;
    const differences = await audit.diff(firstSession, { from: 0, to: last });
    const status = differences.find((one) => one.path === 'status');
    assert.deepEqual(status, { path: 'status', before: 'running', after: 'succeeded' });
    assert.deepEqual(await audit.diff(firstSession, { from: 2, to: 2 }), []);
    await assert.rejects(audit.diff(firstSession, { from: 0, to: last + 1 }), {
      code: 'INVALID_ARGUMENT',
      remedy: `Its events are 0 to ${last}.`,
    });
  });

  it('exports what the standalone verifier proves, as lines and as a report', async () => {
    const session = { kind: 'session', sessionId: firstSession } as const;
    const lines = await exported({ format: 'json-lines', selection: session });
    const report = await exported({ format: 'html', selection: session });
    const all = await exported({ format: 'json-lines' });
    assert.match(await verify('session.jsonl', lines), /^proven: (\d+) of \1 records/);
    assert.match(await verify('session.html', report), /^proven: (\d+) of \1 records/);
    assert.match(await verify('all.jsonl', all), /in 5 streams/);
  });

  it('exports with sessions what else is recorded of their instances: what was held, and when', async () => {
    const { engine } = vault;
    const item = await engine.findItem(firstSession);
    const { holdId } = await engine.placeHold(item, { kind: 'legal-hold', note: 'case 4711' });
    await engine.releaseHold(item.instanceId, holdId);
    const soon = (Date.now() + 3_600_000) as TimestampMs;
    const streamsIn = (text: string): readonly string[] => [
      ...new Set(
        [...text.matchAll(/^\{"kind":"record","stream":"([^"]+)"/gm)].map(([, name]) => name ?? ''),
      ),
    ];
    const own = `instance-${web1}`;
    for (const filter of [{ instanceId: web1 }, { since: 0 as TimestampMs }]) {
      const text = await exported({
        format: 'json-lines',
        selection: { kind: 'sessions', filter },
      });
      assert.match(text, /"type":"HoldPlaced"[\s\S]*"type":"HoldReleased"/);
      assert.doesNotMatch(text, /case 4711/, 'it stays sealed');
      assert.equal(streamsIn(text).filter((name) => name.startsWith('session-')).length, 3);
    }
    const selectionOf = (filter: SessionFilter): ExportOptions => ({
      format: 'json-lines',
      selection: { kind: 'sessions', filter },
    });
    assert.deepEqual(streamsIn(await exported(selectionOf({ instanceId: web1, since: soon }))), [
      own,
    ]);
    assert.deepEqual(streamsIn(await exported(selectionOf({ since: soon }))), []);
    assert.deepEqual(streamsIn(await exported(selectionOf({ actor: 'nobody' }))), []);
    const until = (await engine.audit.timeline(web1)).at(-1)?.recordedAt;
    assert.ok(until !== undefined);
    assert.deepEqual(streamsIn(await exported(selectionOf({ since: until, until: soon }))), [own]);
    await engine.audit.seal();
  });

  it('says in a report what it covers, what each session did, and why retention decided so', async () => {
    const [, , restore] = await vault.engine.audit.sessions();
    const filter = { instanceId: web1, until: ((restore?.startedAt ?? 0) + 1) as TimestampMs };
    const report = await exported({ format: 'html', selection: { kind: 'sessions', filter } });
    assert.match(
      report,
      /<dt>covers<\/dt><dd>the sessions of web-1, begun before \d{4}-[^;]+ UTC; and what/,
    );
    const rows = [...report.matchAll(/^<tr><td>([0-9a-f-]{36})<\/td>(.*)<\/tr>$/gm)];
    assert.equal(rows.length, 3);
    const [first = '', second = '', third = ''] = rows.map(([, , cells]) => cells ?? '');
    assert.match(
      first,
      /<td>web-1<\/td><td>backup<\/td>.*<td>succeeded<\/td><td>snapshot set \S+<br>restore point \S+<\/td><td>nothing<\/td>/,
    );
    assert.match(second, /<td>succeeded<\/td>.*<td>snapshot set \S+<\/td>$/);
    assert.match(third, /<td>restore<\/td>.*<td>restore point \S+ restored<\/td>/);
    assert.match(
      report,
      /<dt>reasons<\/dt><dd>within count \(keep 1\)<br>cbt base \(point id \S+\)<\/dd>/,
    );
    assert.match(report, /<dt>reasons<\/dt><dd>beyond count \(keep 1\)<\/dd>/);
    assert.match(
      report,
      /were made from the same records, and somebody could have changed them since/,
    );
    const one = { kind: 'session', sessionId: firstSession } as const;
    assert.match(await exported({ format: 'html', selection: one }), /\d+ in 1 stream<\/dd>/);
  });

  it('makes a report that needs nothing from anywhere', async () => {
    const report = await exported({ format: 'html', selection: { kind: 'sessions', filter: {} } });
    assert.doesNotMatch(report, /(src|href)=|url\(|@import|https?:/);
    assert.match(report, /default-src 'none'/);
    assert.match(report, /Snapshot taken/);
    assert.match(report, /snapledger-verify\.mjs/);
  });

  it('exports a table whose cells are no formulas', async () => {
    const table = await exported({ format: 'csv' });
    const rows = table.trimEnd().split('\r\n');
    assert.equal(rows[0]?.split(',')[0], 'stream');
    assert.equal(rows.length - 1, (await vault.engine.audit.verify()).size);
    assert.doesNotMatch(table, /(^|,)[=+\-@]/m);
  });

  it('proves to whoever kept a checkpoint that the log goes on from it', async () => {
    const { audit } = vault.engine;
    const notes = await Array.fromAsync(
      createFileWitness(path.join(vault.folder, 'checkpoints')).published(),
      ({ note }) => note,
    );
    const key = parseNoteKey(await audit.publicKey());
    assert.ok(key !== null);
    for (const note of notes) {
      const { from, to, proof } = await audit.consistency(note);
      const older = openCheckpoint(from, key);
      const newer = openCheckpoint(to, key);
      assert.ok(older !== null && newer !== null);
      const claim = {
        from: older.size,
        fromRoot: older.root,
        size: newer.size,
        root: newer.root,
        proof: proof.map((hash) => new Uint8Array(Buffer.from(hash, 'hex'))),
      };
      assert.ok(isConsistent(claim));
      assert.equal(isConsistent({ ...claim, root: new Uint8Array(32) }), false);
    }
    await assert.rejects(audit.consistency('nonsense'), { code: 'INVALID_ARGUMENT' });
  });

  it('is told by its own checkpoints when the repository is an older copy', async () => {
    const log = path.join(vault.folder, 'repository', 'ledger', 'log');
    const proof = await vault.engine.audit.verify({ scope: 'repository-only' });
    const notes = await Array.fromAsync(
      createFileWitness(path.join(vault.folder, 'checkpoints')).published(),
      ({ note }) => note,
    );
    assert.equal(proof.witnessedCheckpoints, notes.length);
    assert.ok(notes.length >= 3);
    // The last entry begins where the checkpoint before the last one ends.
    const size = Number(notes.at(-2)?.split('\n')[1]);
    const last = path.join(log, String(size).padStart(16, '0'));
    const text = await readFile(last);
    await rm(last);
    const { findings } = await vault.engine.audit.verify();
    await writeFile(last, text);
    assert.equal(findings[0]?.kind, 'log-truncated');
    assert.equal(findings[0].position, size);
  });
});

describe('a session whose seal fails', { timeout: 240_000 }, () => {
  it('counts all the same, says so, and is sealed by the next one', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    let full: 'full' | 'roomy' = 'full';
    await using vault = await openTestVault(folder, {
      objectStore: (inner) => ({
        create: (key, body) =>
          full === 'full' && key.startsWith('ledger/')
            ? Promise.reject(new SnapledgerError('STORE_FULL', 'there is no room for the seal'))
            : inner.create(key, body),
        get: (key, range) => inner.get(key, range),
        head: (key) => inner.head(key),
        list: (prefix, options) => inner.list(prefix, options),
        delete: (key) => inner.delete(key),
        retention: null,
      }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const { summary } = await finished(running);
    assert.equal(summary.status, 'succeeded');
    const seal = await running.sealed;
    assert.equal(seal.kind, 'unsealed');
    assert.equal(seal.problem.code, 'STORE_FULL');
    assert.deepEqual((await vault.engine.audit.verify()).unsealedSessions, [summary.sessionId]);

    full = 'roomy';
    await backUp(vault.engine);
    const proof = await vault.engine.audit.verify();
    assert.deepEqual(proof.unsealedSessions, []);
    assert.deepEqual(proof.findings, []);
  });

  it('is sealed by another engine that starts later, or when that is asked for', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    // As if the engine had died directly after the session's last event.
    for (const sealed of ['log', 'streams', 'subjects']) {
      await rm(path.join(folder, 'repository', 'ledger', sealed), { recursive: true });
    }
    await rm(path.join(folder, 'checkpoints'));
    await using vault = await openTestVault(folder);
    const [session] = await vault.engine.audit.sessions();
    assert.equal(session?.seal, 'not-sealed');
    const outcome = await vault.engine.audit.seal();
    assert.equal(outcome.kind, 'sealed');
    const proof = await vault.engine.audit.verify();
    assert.deepEqual([proof.unsealedSessions, proof.findings], [[], []]);
    const log = await Array.fromAsync(vault.dependencies.objectStore.list('ledger/streams/'));
    assert.ok(log.some(({ key }) => key.includes(sessionStream(session.sessionId))));
  });

  it('may be one that takes snapshots only and has no passphrase', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    const refusal = new SnapledgerError('INVALID_ARGUMENT', 'there is no passphrase');
    await using vault = await openTestVault(folder, {
      decorate: () => ({ repository: () => Promise.reject(refusal) }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1, scope: 'snapshot-only' });
    assert.equal((await running.ended).status, 'succeeded');
    const seal = await running.sealed;
    assert.ok(seal.kind === 'unsealed');
    assert.match(seal.problem.message, /there is no passphrase/);
  });

  it('hands its checkpoint to every witness, and says which could not be reached', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    const taken: string[] = [];
    const witness = (publish: CheckpointWitness['publish']): CheckpointWitness => ({
      keptIn: null,
      publish,
      async *published() {
        yield* await Promise.resolve(taken.map((note) => ({ note, place: 'a witness' })));
      },
    });
    const broken = witness(() =>
      Promise.reject(new SnapledgerError('WITNESS_FAILED', 'nobody is at home')),
    );
    const good = witness((note) => {
      taken.push(note);
      return Promise.resolve();
    });
    await using vault = await openTestVault(folder, {
      decorate: () => ({ witnesses: [broken, good] }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    await running.ended;
    const seal = await running.sealed;
    assert.ok(seal.kind === 'sealed');
    assert.deepEqual(
      seal.problems.map(({ code }) => code),
      ['WITNESS_FAILED'],
    );
    assert.deepEqual(taken, [seal.checkpoint]);
  });
});
