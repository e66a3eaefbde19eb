/**
 * Durable appends to a ledger in SQLite, beside the bare loop: the same rows by a prepared INSERT, one
 * commit each, with the same settings, without ids, revisions or triggers to check.
 *
 *     node bench/appends.ts [APPENDS]        default: 2,000 of each, in rounds that take turns
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteEventStore } from '../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import type { TimestampMs } from '../src/domain/identifiers.ts';
import type { NewEvent, Revision, StreamName } from '../src/ports/event-store.ts';

const appendsDefault = 2_000;
const rounds = 10;
const eventSizeBytes = 300;

const appends = Number(process.argv[2] ?? appendsDefault);
const perRound = Math.max(1, Math.floor(appends / rounds));
const folder = await mkdtemp(join(tmpdir(), 'snapledger-bench-'));
const store = await openSqliteEventStore({
  path: join(folder, 'ledger.sqlite'),
  clock: systemClock,
  ifMissing: 'create',
});
const bare = new DatabaseSync(join(folder, 'bare.sqlite'));
bare.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
bare.exec(
  'CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT, revision INTEGER, id TEXT, type TEXT, metadata TEXT, data BLOB)',
);
const insert = bare.prepare(
  'INSERT INTO events (stream, revision, id, type, metadata, data) VALUES (?, ?, ?, ?, ?, ?)',
);

function newEvent(): NewEvent {
  return {
    id: randomUUID(),
    type: 'BlocksTransferred',
    data: new Uint8Array(randomBytes(eventSizeBytes)),
    metadata: {
      schemaVersion: 1,
      recordedAt: Date.now() as TimestampMs,
      actor: 'bench',
      engineVersion: '0.0.0',
      cause: 'RecordTransfer',
      previousHash: randomBytes(32).toString('hex'),
    },
  };
}

interface Cost {
  seconds: number;
  cpuSeconds: number;
}

async function measured(work: () => Promise<void> | void): Promise<Cost> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1_000_000 };
}

const costs = { ledger: [] as Cost[], bare: [] as Cost[] };
for (let round = 0; round < rounds; round += 1) {
  const stream = `session-${randomUUID()}` as StreamName;
  const events = Array.from({ length: perRound }, newEvent);
  costs.ledger.push(
    await measured(async () => {
      for (const [index, event] of events.entries()) {
        await store.append(stream, index === 0 ? 'no-stream' : ((index - 1) as Revision), [event]);
      }
    }),
  );
  costs.bare.push(
    await measured(() => {
      for (const [index, { id, type, metadata, data }] of events.entries()) {
        insert.run(stream, index, id, type, JSON.stringify(metadata), data);
      }
    }),
  );
}
await store.close();
bare.close();
await rm(folder, { recursive: true });

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const rates = (kind: keyof typeof costs): object => ({
  appendsPerSecond: Math.round(perRound / median(costs[kind].map(({ seconds }) => seconds))),
  cpuMicrosecondsPerAppend: Math.round(
    (median(costs[kind].map(({ cpuSeconds }) => cpuSeconds)) * 1_000_000) / perRound,
  ),
});
const ratio = costs.bare.map(({ seconds }, round) => seconds / (costs.ledger[round]?.seconds ?? 0));
console.log(
  JSON.stringify({
    appends: perRound * rounds,
    ledger: rates('ledger'),
    bare: rates('bare'),
    ledgerToBare: Number(median(ratio).toFixed(2)),
  }),
);
