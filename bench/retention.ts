/**
 * What retention costs: plans for many instances with 100 snapshot sets each (one snapshot, half of them
 * with a restore point), by count, age and all four flags in a time zone that changes its clocks.
 *
 *     node bench/retention.ts
 *
 * Three sizes, each in a process of its own; the cost for each snapshot must not grow with the size. Each
 * size twice: `one-by-one` folds the sessions of an instance and plans for it before it turns to the next,
 * as the engine does; `at-once` first has the histories of all instances in memory, so that its plans are
 * measured without the fold. `liveMib` is what is then left after a collection; the rest of `peakMib` is
 * the runtime, and what V8 has not collected yet.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PolicyId, TimestampMs } from '../src/domain/identifiers.ts';
import type { BackupPolicy } from '../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../src/domain/policy/default-policy.ts';
import { type InstanceHistory, instanceHistory } from '../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../src/domain/retention/obsolete-rule.ts';
import { planRetention } from '../src/domain/retention/plan-retention.ts';
import type { RetentionSettings } from '../src/domain/retention/retention-settings.ts';
import { sessionOf } from '../src/verification/noted-session.ts';

const setsPerInstance = 100;
const sizes = [250, 500, 1000] as const;
const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);

const retention: RetentionSettings = {
  count: 14,
  age: { amount: 10, unit: 'days' },
  gfs: {
    daily: { kind: 'count', count: 14 },
    weekly: { kind: 'count', count: 8 },
    monthly: { kind: 'period', period: { amount: 12, unit: 'months' } },
    yearly: { kind: 'count', count: 3 },
    hour: 2,
    minute: 30,
    weekday: 7,
    monthDay: 31,
    month: 12,
  },
};

const usual = defaultPolicy('bench' as PolicyId, []);
const policy: BackupPolicy = {
  ...usual,
  timeZone: 'Europe/Berlin',
  snapshots: { ...usual.snapshots, retention },
  image: { ...usual.image, retention },
};

/** A set every 20 hours, taken at another minute for each instance. */
function historyOf(instance: number): InstanceHistory {
  const sessions = Array.from({ length: setsPerInstance }, (_, number) =>
    sessionOf({
      number,
      takenAt: (start + number * 20 * hourMs + instance * 1000) as TimestampMs,
      status: 'succeeded',
      set: 'completed',
      volumes: ['root'],
      point: number % 2 === 0 ? 'committed' : 'none',
      parent: number >= 2 && number % 2 === 0 ? number - 2 : null,
      replicas: [],
      origin: { kind: 'on-demand' },
      removedSets: [],
      removedPoints: [],
      removedReplicas: [],
      expiredPoints: [],
      halfRemovedSets: [],
    }),
  );
  return instanceHistory(sessions);
}

type Order = 'one-by-one' | 'at-once';

function measure(instances: number, order: Order): object {
  const beforeFold = performance.now();
  const numbers = Array.from({ length: instances }, (_, instance) => instance);
  const histories = order === 'at-once' ? numbers.map(historyOf) : null;
  const beforePlans = performance.now();
  const now = (start + setsPerInstance * 20 * hourMs) as TimestampMs;
  const cpuBefore = process.cpuUsage();
  let removed = 0;
  for (const instance of numbers) {
    const plan = planRetention({
      history: histories?.[instance] ?? historyOf(instance),
      policy,
      obsolete: keepObsolete,
      pointDependency: 'independent',
      during: null,
      now,
    });
    removed += plan.snapshots.remove.length;
  }
  const end = performance.now();
  const cpu = process.cpuUsage(cpuBefore);
  const peakMib = process.resourceUsage().maxRSS / 1024;
  globalThis.gc?.();
  return {
    order,
    instances,
    snapshots: (histories ?? numbers).length * setsPerInstance,
    removed,
    foldSeconds: order === 'at-once' ? (beforePlans - beforeFold) / 1000 : 'with the plans',
    planSeconds: (end - beforePlans) / 1000,
    planCpuSeconds: (cpu.user + cpu.system) / 1_000_000,
    planCpuMicrosecondsPerSnapshot: (cpu.user + cpu.system) / (instances * setsPerInstance),
    peakMib,
    liveMib: process.memoryUsage().heapUsed / 2 ** 20,
  };
}

const [only, order] = process.argv.slice(2);
if (only === undefined) {
  for (const each of ['one-by-one', 'at-once'] as const) {
    for (const size of sizes) {
      const args = ['--expose-gc', fileURLToPath(import.meta.url), String(size), each];
      process.stdout.write(execFileSync(process.execPath, args));
    }
  }
} else {
  console.log(JSON.stringify(measure(Number(only), order === 'at-once' ? order : 'one-by-one')));
}
