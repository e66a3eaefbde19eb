import type { Command } from 'commander';
import {
  hasErrorCode,
  type InstanceId,
  type PointManifest,
  type TimestampMs,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatSize } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { formatAge, formatLocalMinute } from '../output/format-time.ts';
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
  const damage = await withVault(context, async ({ engine }) => {
    const { instanceId } = filter;
    try {
      for await (const point of engine.listPoints(filter)) points.push(point);
    } catch (error) {
      // The sound ones came first, and are shown; without any it is not known whether there are.
      if (!hasErrorCode(error, 'OBJECT_CORRUPT') || points.length === 0) throw error;
      return error;
    }
    // What is left of an instance that was removed is shown; a name that never was is refused.
    if (points.length === 0 && instanceId !== undefined)
      await assertInstanceKnown(engine, instanceId);
    return null;
  });
  await printResult(context, {
    json: points.map(({ pointId, ...manifest }) => ({ id: pointId, ...manifest })),
    people: () =>
      points.length === 0 ? ['no restore points yet'] : pointTable(points, context.now()),
  });
  if (damage !== null) throw damage;
  return exitCodes.done;
}

function pointTable(points: readonly PointManifest[], now: TimestampMs): readonly string[] {
  return formatTable(
    [
      { title: 'POINT', align: 'left' },
      { title: 'INSTANCE', align: 'left' },
      { title: 'SHOWS', align: 'left' },
      { title: 'AGE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'ADDED', align: 'right' },
      { title: 'VOLUMES', align: 'left' },
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
      ],
    })),
  );
}
