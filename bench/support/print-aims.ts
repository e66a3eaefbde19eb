import type { Figures } from './figures.ts';

type Row = readonly [tool: string, work: Figures['work']];

/** A ratio of two rows of the table, and what it is to be. */
interface Aim {
  readonly what: string;
  readonly of: 'seconds' | 'storedMib';
  readonly ratio: readonly [over: Row, under: Row];
  readonly atLeast?: number;
  readonly atMost?: number;
}

const ours = 'snapledger';
const full = [ours, 'full'] as const;
const fast = ['snapledger fast', 'full'] as const;

const aims: readonly Aim[] = [
  {
    what: 'full, to the bare loop',
    of: 'seconds',
    ratio: [full, ['bare loop, usual', 'full']],
    atMost: 1.15,
  },
  { what: 'full, restic to it', of: 'seconds', ratio: [['restic', 'full'], full], atLeast: 3 },
  { what: 'full, borg to it', of: 'seconds', ratio: [['borg zstd,1', 'full'], full], atLeast: 2.5 },
  { what: 'size, to restic', of: 'storedMib', ratio: [full, ['restic', 'full']], atMost: 1.05 },
  { what: 'fast, restic to it', of: 'seconds', ratio: [['restic', 'full'], fast], atLeast: 4 },
  {
    what: 'size of fast, to restic',
    of: 'storedMib',
    ratio: [fast, ['restic', 'full']],
    atMost: 1.12,
  },
  {
    what: 'increment, restic to it',
    of: 'seconds',
    ratio: [
      ['restic', 'increment'],
      [ours, 'increment'],
    ],
    atLeast: 15,
  },
  {
    what: 'restore, restic to it',
    of: 'seconds',
    ratio: [
      ['restic', 'restore'],
      [ours, 'restore'],
    ],
    atLeast: 4,
  },
  {
    what: 'restore, borg to it',
    of: 'seconds',
    ratio: [
      ['borg zstd,1', 'restore'],
      [ours, 'restore'],
    ],
    atLeast: 4,
  },
];

/** Each engine and worker together, in MB. */
const memoryMaxMb = 300;

/** Prints what the figures are held to, as far as the tools that it takes were measured. */
export function printAims(rows: readonly Figures[]): void {
  console.log('\n| what | measured | aim | met |\n|---|---|---|---|');
  const valueOf = ([tool, work]: Row, of: Aim['of']): number | null =>
    rows.find((row) => row.tool === tool && row.work === work)?.[of] ?? null;
  for (const { what, of, ratio, atLeast = 0, atMost = Infinity } of aims) {
    const [over, under] = ratio.map((row) => valueOf(row, of));
    if (typeof over !== 'number' || typeof under !== 'number') continue;
    const measured = over / under;
    const aim = atLeast > 0 ? `at least ${atLeast}` : `at most ${atMost}`;
    printAim(what, measured.toFixed(2), aim, measured >= atLeast && measured <= atMost);
  }
  for (const { tool, work, peakMib } of rows.filter((row) => row.tool.startsWith(ours))) {
    if (peakMib === null || work === 'session') continue;
    const peakMb = (peakMib * 1024 ** 2) / 1e6;
    const aim = `at most ${memoryMaxMb} MB`;
    printAim(`memory, ${tool}, ${work}`, `${peakMb.toFixed(0)} MB`, aim, peakMb <= memoryMaxMb);
  }
}

function printAim(what: string, measured: string, aim: string, isMet: boolean): void {
  console.log(`| ${what} | ${measured} | ${aim} | ${isMet ? 'yes' : 'NO'} |`);
}
