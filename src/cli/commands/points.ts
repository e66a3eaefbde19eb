import type { Command } from 'commander';
import {
  type Engine,
  hasErrorCode,
  type InstanceId,
  type PointManifest,
  type TimestampMs,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import {
  decisionInWords,
  itemEntries,
  type ItemEntry,
  untilInWords,
} from '../items/item-entries.ts';
import { formatId } from '../output/format-id.ts';
import { formatSize } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { formatAge, formatLocalMinute, formatUtcTime } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
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
  const damage = await withVault(context, async ({ engine }) => {
    const { instanceId } = filter;
    let corrupt: Error | null = null;
    try {
      for await (const point of engine.listPoints(filter)) points.push(point);
    } catch (error) {
      // The sound ones came first, and are shown; without any it is not known whether there are.
      if (!hasErrorCode(error, 'OBJECT_CORRUPT') || points.length === 0) throw error;
      corrupt = error;
    }
    for (const entry of await retentionOf(engine, points)) entries.set(entry.id, entry);
    if (corrupt !== null) return corrupt;
    // What is left of an instance that was removed is shown; a name that never was is refused.
    if (points.length === 0 && instanceId !== undefined)
      await assertInstanceKnown(engine, instanceId);
    return null;
  });
  await printResult(context, {
    json: points.map(({ pointId, ...manifest }) => ({
      id: pointId,
      ...manifest,
      retention: retentionJson(entries.get(pointId)),
    })),
    people: () =>
      points.length === 0 ? ['no restore points yet'] : pointTable(points, entries, context.now()),
  });
  if (damage !== null) throw damage;
  return exitCodes.done;
}

/** What retention says of the points, as far as the ledger knows them. */
async function retentionOf(
  engine: Engine,
  points: readonly PointManifest[],
): Promise<readonly ItemEntry[]> {
  const entries: ItemEntry[] = [];
  for (const instanceId of new Set(points.map((point) => point.instanceId))) {
    try {
      entries.push(...itemEntries(await engine.describeItems(instanceId)));
    } catch (error) {
      // A repository can hold points of which this ledger does not know.
      if (!hasErrorCode(error, 'UNKNOWN_INSTANCE')) throw error;
    }
  }
  return entries;
}

/** Null for a point that the ledger does not know. */
function retentionJson(entry: ItemEntry | undefined): object | null {
  if (entry === undefined) return null;
  const { decision, reasons, until } = entry;
  return { decision, reasons, until: until === null ? null : formatUtcTime(until) };
}

function pointTable(
  points: readonly PointManifest[],
  entries: ReadonlyMap<string, ItemEntry>,
  now: TimestampMs,
): readonly string[] {
  return formatTable(
    [
      { title: 'POINT', align: 'left' },
      { title: 'INSTANCE', align: 'left' },
      { title: 'SHOWS', align: 'left' },
      { title: 'AGE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'ADDED', align: 'right' },
      { title: 'VOLUMES', align: 'left' },
      { title: 'RETENTION', align: 'left' },
    ],
    points.map(({ pointId, instanceId, takenAt, volumes }) => ({
      cells: [
        formatId(pointId),
        instanceId,
        formatLocalMinute(takenAt),
        formatAge(takenAt, now),
        formatSize(volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
        formatSize(
          volumes.reduce((sum, added) => sum + added.bytesStored + added.mapBytesStored, 0),
        ),
        volumes.map(({ device }) => device).join(' '),
        retentionInWords(entries.get(pointId)),
      ],
    })),
  );
}

function retentionInWords(entry: ItemEntry | undefined): string {
  if (entry === undefined) return 'not in the ledger';
  const until = entry.until === null ? '' : ` until ${untilInWords(entry)}`;
  return `${decisionInWords[entry.decision]}${until}: ${entry.inWords}`;
}
