/**
 * What it costs to make the catalogue out of a ledger in SQLite, and to begin with one that is there.
 *
 *     node bench/catalogue.ts [EVENTS]        default: 1,000,000
 *
 * Each part runs in a process of its own: filling, rebuilding from nothing, opening with a checkpoint.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSqliteCatalogueStore } from '../src/adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import { openSqliteEventStore } from '../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { Catalogue } from '../src/engine/catalogue/catalogue.ts';
import { localEngineLimits } from '../src/engine/engine-limits.ts';
import { fillLedger } from './support/fill-ledger.ts';

const eventsDefault = 1_000_000;
const [part = 'all', folder = '', events = ''] = process.argv.slice(2);

switch (part) {
  case 'fill':
    console.log(
      JSON.stringify({ filled: await fillLedger(join(folder, 'ledger.sqlite'), Number(events)) }),
    );
    break;
  case 'rebuild':
  case 'open':
    console.log(JSON.stringify({ part, ...(await catchUp(folder, Number(events))) }));
    break;
  default:
    await all(part === 'all' ? eventsDefault : Number(part));
}

async function all(count: number): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'snapledger-bench-'));
  try {
    for (const one of ['fill', 'rebuild', 'open']) {
      const program = fileURLToPath(import.meta.url);
      const output = execFileSync(process.execPath, [program, one, temporary, String(count)]);
      process.stdout.write(output);
    }
  } finally {
    await rm(temporary, { recursive: true });
  }
}

async function catchUp(vault: string, count: number): Promise<object> {
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  const path = join(vault, 'ledger.sqlite');
  const eventStore = await openSqliteEventStore({ path, clock: systemClock, ifMissing: 'fail' });
  const store = createSqliteCatalogueStore({ folder: join(vault, 'catalogue') });
  const catalogue = new Catalogue({
    eventStore,
    catalogue: store,
    clock: systemClock,
    random: systemRandom,
    limits: localEngineLimits,
  });
  const newest = await catalogue.ask((asked) =>
    asked.sessions({}, { direction: 'backwards', after: null, limit: 50 }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = (user + system) / 1_000_000;
  await store.close();
  await eventStore.close();
  return {
    sessions: newest[0]?.ordinal ?? 0,
    seconds,
    cpuSeconds,
    eventsPerSecond: Math.round(count / seconds),
    eventsPerCpuSecond: Math.round(count / cpuSeconds),
    peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
