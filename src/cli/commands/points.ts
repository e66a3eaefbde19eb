import type { Command } from 'commander';
import {
  type Engine,
  hasErrorCode,
  type InstanceId,
  type MissingPoint,
  type PointId,
  type PointManifest,
  type TimestampMs,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { type EachInstance, ofEachInstance } from '../items/each-instance.ts';
import {
  decisionInWords,
  itemEntries,
  type ItemEntry,
  untilInWords,
} from '../items/item-entries.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { formatAge, formatLocalMinute, formatUtcTime } from '../output/format-time.ts';
import { printResult, warn } from '../output/print.ts';
import { knownDamage } from '../point/known-damage.ts';
import { withVault } from '../with-vault.ts';
import { remedyOf } from '../wording/remedies.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { assertInstanceKnown } from './known-instance.ts';

export function addPointsCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('points')
    .summary('show the restore points')
    .description(
      'Show the restore points of one instance, or of all. Every point is whole by itself: it ' +
        'shows the volumes as they were at that moment, whatever becomes of other points.',
    )
    .argument('[instance]', 'default: all instances')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger points web-1', meaning: 'the points of one instance, oldest first' },
        { command: 'snapledger points --json', meaning: 'those of all, for a program' },
      ),
    )
    .action((instance: string | undefined) =>
      invoke((context) =>
        listPoints(context, instance === undefined ? {} : { instanceId: instanceIdOf(instance) }),
      ),
    );
}

async function listPoints(
  context: CliContext,
  filter: { readonly instanceId?: InstanceId },
): Promise<ExitCode> {
  const points: PointManifest[] = [];
  const entries = new Map<string, ItemEntry>();
  const { damage, unreadable, marked, missing } = await withVault(context, async ({ engine }) => {
    const { instanceId } = filter;
    let corrupt: Error | null = null;
    try {
      for await (const point of engine.listPoints(filter)) points.push(point);
    } catch (error) {
      // The sound ones came first, and are shown; without any it is not known whether there are.
      if (!hasErrorCode(error, 'OBJECT_CORRUPT') || points.length === 0) throw error;
      corrupt = error;
    }
    const there = new Set(points.map(({ pointId }) => pointId));
    const missing = await engine.missingPoints({ ...filter, there });
    const { answers, unreadable } = await retentionOf(engine, [...points, ...missing]);
    for (const entry of answers.flat()) entries.set(entry.id, entry);
    // What is left of an instance that was removed is shown; a name that never was is refused.
    if (points.length + missing.length === 0 && instanceId !== undefined)
      await assertInstanceKnown(engine, instanceId);
    return { damage: corrupt, unreadable, missing, marked: await knownDamage(context, engine) };
  });
  const notTold = new Set(unreadable.map((one) => one.instanceId));
  await printResult(context, {
    json: [
      ...points.map(({ pointId, ...manifest }) => ({
        id: pointId,
        ...manifest,
        missing: null,
        damaged: marked.has(pointId),
        retention: retentionJson(entries.get(pointId)),
      })),
      ...missing.map(({ pointId, instanceId, takenAt, objectKey, reason }) => ({
        ...{ id: pointId, instanceId, takenAt, missing: { objectKey, reason }, damaged: true },
        retention: retentionJson(entries.get(pointId)),
      })),
    ],
    people: () =>
      points.length + missing.length === 0
        ? ['no restore points yet']
        : pointTable([...points, ...missing], { entries, notTold, marked }, context.now()),
  });
  if (damage !== null) throw damage;
  for (const { instanceId, error } of unreadable) {
    const what = `what retention says of the points of instance '${instanceId}' is not known`;
    await warn(context, `${what}: ${error.message}`, remedyOf(error));
  }
  if (missing.length > 0) {
    const what = `${formatCount(missing.length, 'restore point')} should be there and the repository does not have them`;
    await warn(
      context,
      what,
      "'snapledger verify' names the objects: bring them back from a copy.",
    );
  }
  return unreadable.length + missing.length === 0 ? exitCodes.done : exitCodes.warnings;
}

/** What retention says of the points, as far as the ledger knows them. */
function retentionOf(
  engine: Engine,
  points: readonly Pick<PointManifest, 'instanceId'>[],
): Promise<EachInstance<readonly ItemEntry[]>> {
  const instanceIds = new Set(points.map(({ instanceId }) => instanceId));
  return ofEachInstance(instanceIds, async (instanceId) => {
    try {
      return itemEntries(await engine.describeItems(instanceId));
    } catch (error) {
      // A repository can hold points of which this ledger does not know.
      if (!hasErrorCode(error, 'UNKNOWN_INSTANCE')) throw error;
      return [];
    }
  });
}

interface KnownOfPoints {
  readonly entries: ReadonlyMap<string, ItemEntry>;
  /** Found to be damaged. */
  readonly marked: ReadonlySet<PointId>;
  /** Instances of which it cannot be told. */
  readonly notTold: ReadonlySet<InstanceId>;
}

/** Null for a point that the ledger does not know. */
function retentionJson(entry: ItemEntry | undefined): object | null {
  if (entry === undefined) return null;
  const { decision, reasons, until } = entry;
  return { decision, reasons, until: until === null ? null : formatUtcTime(until) };
}

/** A point that is there, or one that should be. */
type TablePoint = PointManifest | MissingPoint;

function pointTable(
  unordered: readonly TablePoint[],
  { entries, notTold, marked }: KnownOfPoints,
  now: TimestampMs,
): readonly string[] {
  const points = unordered.toSorted((one, other) => one.takenAt - other.takenAt);
  const conditions = points.map((point) => conditionOf(point, marked));
  const anyCondition = conditions.some((condition) => condition !== '');
  return formatTable(
    [
      { title: 'POINT', align: 'left' },
      { title: 'INSTANCE', align: 'left' },
      { title: 'SHOWS', align: 'left' },
      { title: 'AGE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'ADDED', align: 'right' },
      { title: 'VOLUMES', align: 'left' },
      ...(anyCondition ? [{ title: 'CONDITION', align: 'left' } as const] : []),
      { title: 'RETENTION', align: 'left' },
    ],
    points.map((point, row) => ({
      cells: [
        formatId(point.pointId),
        point.instanceId,
        formatLocalMinute(point.takenAt),
        formatAge(point.takenAt, now),
        ...contentCells(point),
        ...(anyCondition ? [conditions[row] ?? ''] : []),
        notTold.has(point.instanceId) ? 'not known' : retentionInWords(entries.get(point.pointId)),
      ],
    })),
  );
}

function conditionOf(point: TablePoint, marked: ReadonlySet<PointId>): string {
  if (!('volumes' in point)) return 'missing';
  return marked.has(point.pointId) ? 'damaged' : '';
}

/** Size, what it added, and its volumes: all that only the point itself says. */
function contentCells(point: TablePoint): readonly [string, string, string] {
  if (!('volumes' in point)) return ['', '', ''];
  const { volumes } = point;
  return [
    formatSize(volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    formatSize(volumes.reduce((sum, added) => sum + added.bytesStored + added.mapBytesStored, 0)),
    volumes.map(({ device }) => device).join(' '),
  ];
}

function retentionInWords(entry: ItemEntry | undefined): string {
  if (entry === undefined) return 'not in the ledger';
  const until = entry.until === null ? '' : ` until ${untilInWords(entry)}`;
  return `${decisionInWords[entry.decision]}${until}: ${entry.inWords}`;
}
