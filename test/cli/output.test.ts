import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatSize } from '../../src/cli/output/format-quantity.ts';
import { formatTable, lineWidthMax } from '../../src/cli/output/format-table.ts';
import { formatAge, formatDuration } from '../../src/cli/output/format-time.ts';
import { wrapText } from '../../src/cli/output/wrap-text.ts';
import {
  type BlockIndex,
  type DeviceName,
  type Engine,
  type PointId,
  SnapledgerError,
  type TimestampMs,
  type VerifyFinding,
  type VerifyProgress,
  type VolumeId,
} from '../../src/index.ts';
import { sampleIds } from './support/sample-records.ts';
import { runCliWith } from './support/run-cli-with.ts';

describe('quantities', () => {
  it('are sizes in powers of 1024', () => {
    const kib = 1024;
    const cases = [
      [0, '0 B'],
      [1023, '1023 B'],
      [kib, '1.0 KiB'],
      [kib ** 2 - 1, '1.0 MiB'],
      [1.5 * kib ** 3, '1.5 GiB'],
      [64 * kib ** 4, '64.0 TiB'],
    ] as const;
    for (const [sizeBytes, expected] of cases) assert.equal(formatSize(sizeBytes), expected);
  });

  it('are durations that do not round up', () => {
    const cases = [
      [0, '0.0 s'],
      [59_999, '59.9 s'],
      [60_000, '1 min 0 s'],
      [192_000, '3 min 12 s'],
      [7_500_000, '2 h 5 min'],
    ] as const;
    for (const [durationMs, expected] of cases) assert.equal(formatDuration(durationMs), expected);
  });

  it('are ages, also when a clock is wrong', () => {
    const now = 1_000_000_000 as TimestampMs;
    const cases = [
      [0, 'just now'],
      [5 * 60_000, '5 min ago'],
      [3 * 3_600_000, '3 h ago'],
      [47 * 3_600_000, '47 h ago'],
      [50 * 3_600_000, '2 days ago'],
      [-3_600_000, 'in the future'],
    ] as const;
    for (const [ageMs, expected] of cases) {
      assert.equal(formatAge((now - ageMs) as TimestampMs, now), expected);
    }
  });
});

describe('tables', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 40 });

  it('lose no word of their last column and fit the line when the others do', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z]{0,30}$/), words)), (rows) => {
        const lines = formatTable(
          [
            { title: 'NAME', align: 'left' },
            { title: 'WHY', align: 'left' },
          ],
          rows.map(([name, why]) => ({ cells: [name, why.join(' ')] })),
        );
        assert.ok(lines.every((line) => line.length <= lineWidthMax));
        const shown = lines
          .slice(1)
          .join(' ')
          .split(/\s+/)
          .filter((word) => word !== '');
        const given = rows.flatMap(([name, why]) => [name, ...why]).filter((word) => word !== '');
        assert.deepEqual(shown.toSorted(), given.toSorted());
      }),
    );
  });

  it('show no control characters of the names in them', () => {
    const [, line] = formatTable([{ title: 'NAME', align: 'left' }], [{ cells: ['a\u001b[31mb'] }]);
    assert.equal(line, 'a?[31mb');
  });

  it('wrap text without losing any of it', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 80 }), (text, width) => {
        assert.deepEqual(wrapText(text.join(' '), width).join(' '), text.join(' '));
      }),
    );
  });
});

describe('what a person reads', () => {
  it('after a backup says how and why it was read, what was stored, and what retention did', async () => {
    const { stdout } = await runCliWith(['backup', 'web-1']);
    assert.match(stdout, /^image-level backup of web-1: done in 12\.3 s\n/);
    assert.match(
      stdout,
      /\npoint {7}3f2a91c4 \(get it back: snapledger restore 3f2a91c4 --to DIR\)\n/,
    );
    const oneLine = stdout.replaceAll(/\s+/g, ' ');
    assert.match(
      oneLine,
      /8\.0 GiB; read: all blocks in the snapshot, because the size of the volume has changed/,
    );
    assert.match(oneLine, /160 blocks, 80\.0 MiB/);
    assert.match(oneLine, /12 unchanged, 4 all zero, 10 stored before, 134 new/);
    assert.match(oneLine, /45\.0 MiB, compressed and encrypted, 56 % of what was read/);
    assert.match(
      oneLine,
      /22222222 \S+ \S+ removed older than the newest set, which the policy keeps/,
    );
    assert.match(
      oneLine,
      /11111111 \S+ \S+ kept CBT base: the next image-level backup compares with it, so it stays although no rule keeps it/,
    );
  });

  it('fits 100 columns, in every list', async () => {
    for (const line of [
      'instance list',
      'policy show',
      'backup web-1',
      'sessions',
      'snapshots web-1',
      'points',
      'replay 3f2a',
    ]) {
      const { stdout } = await runCliWith(line.split(' '));
      assert.deepEqual(
        stdout.split('\n').filter((text) => text.length > 100),
        [],
        line,
      );
    }
  });

  it('in a replay is every event, what came next, and the state at the end', async () => {
    const { stdout } = await runCliWith(['replay', '3f2a', '--at', '9']);
    assert.match(
      stdout,
      /\n {3}7 {2}WorkerLaunched .*\n {6}worker worker-1 launched \(attempt 1\)\n {6}next: attach volumes/,
    );
    assert.match(stdout, /\nstate after event 9\n {2}status {7}running\n/);
    assert.match(stdout, /blocks {7}80 of 160 durable \(50 %\)/);
    assert.doesNotMatch(stdout, /RestorePointCommitted/);
  });

  it('of a repository that cannot be opened is not that there are no points yet', async () => {
    const engine: Partial<Engine> = {
      async *listPoints() {
        await Promise.resolve();
        throw new SnapledgerError('OBJECT_CORRUPT', 'the header is damaged');
      },
    };
    for (const format of [[], ['--json']]) {
      const run = await runCliWith(['points', ...format], { vault: { engine } });
      assert.deepEqual([run.exitCode, run.stdout], [1, '']);
      assert.match(run.stderr, /the header is damaged/);
    }
  });

  it('of damage is the point, the blocks, the object and the place in it', async () => {
    const { stdout, stderr } = await runCliWith(['verify'], {
      vault: {
        verify: [
          {
            kind: 'finding',
            pointId: sampleIds.session,
            volumeId: 'vol-1' as never,
            device: '/dev/xvda' as never,
            objectKey: 'packs/x/1',
            range: { offset: 40, lengthBytes: 100 },
            firstBlock: 7 as BlockIndex,
            blockCount: 2,
            reason: 'the tag does not match',
          },
          {
            kind: 'finding',
            pointId: sampleIds.session,
            volumeId: 'vol-1' as never,
            device: '/dev/xvda' as never,
            objectKey: 'packs/x/2',
            range: { offset: 0, lengthBytes: 40 },
            firstBlock: 0 as BlockIndex,
            blockCount: 0,
            reason: 'its header is another one',
          },
        ],
      },
    });
    assert.equal(
      stdout,
      'damaged: point 3f2a91c4, /dev/xvda (vol-1), blocks 7 to 8: the tag does not match (packs/x/1 at byte 40)\n' +
        'damaged: point 3f2a91c4, /dev/xvda (vol-1): its header is another one (packs/x/2 at byte 0)\n',
    );
    assert.match(
      stderr,
      /^snapledger: verify found 2 damaged pieces in 1 restore point\n.*snapledger backup INSTANCE --full/,
    );
  });
});

describe('verify', () => {
  const pointIds = ['3f2a91c4', '4f2a91c4'].map((start) => `${start}-0000-4000-8000-000000000000`);
  const finding = (pointId: string | undefined, volumeId: string | null): VerifyFinding => ({
    kind: 'finding',
    pointId: pointId as PointId,
    volumeId: volumeId as VolumeId | null,
    device: volumeId === null ? null : ('/dev/xvda' as DeviceName),
    objectKey: 'packs/x/1',
    range: null,
    firstBlock: 0 as BlockIndex,
    blockCount: 0,
    reason: 'the tag does not match',
  });

  it('says what can still be restored, and what cannot', async () => {
    const saidOf = async (findings: readonly VerifyFinding[]): Promise<string> =>
      (await runCliWith(['verify'], { vault: { verify: findings } })).stderr;
    const [one, other] = pointIds;
    const partly = /a restore still gives back all that is sound/i;
    const lost = /without a volume being named cannot be restored: take another point/;
    const ofVolume = await saidOf([finding(one, 'vol-1')]);
    assert.match(ofVolume, partly);
    assert.doesNotMatch(ofVolume, lost);
    const ofManifest = await saidOf([finding(one, null)]);
    assert.match(ofManifest, lost);
    assert.doesNotMatch(ofManifest, partly);
    const ofBoth = await saidOf([finding(one, null), finding(other, 'vol-1')]);
    assert.match(ofBoth, lost);
    assert.match(ofBoth, partly);
  });

  const blocksOf = (
    first: number,
    count: number,
    objectKey: string,
    volumeId = 'vol-1',
  ): VerifyFinding => ({
    ...finding(pointIds[0], volumeId),
    objectKey,
    firstBlock: first as BlockIndex,
    blockCount: count,
  });
  const printedOf = async (verify: readonly VerifyFinding[]): Promise<readonly string[]> =>
    (await runCliWith(['verify'], { vault: { verify } })).stdout.trimEnd().split('\n');

  it('names one cause once for each volume, with all its blocks as ranges', async () => {
    const lines = await printedOf([
      ...[blocksOf(0, 64, 'keys/a'), blocksOf(64, 1, 'keys/a'), blocksOf(65, 1, 'packs/b')],
      ...[blocksOf(66, 1, 'packs/b'), blocksOf(67, 1, 'keys/a'), blocksOf(1_000, 9, 'keys/a')],
      blocksOf(0, 1, 'keys/a', 'vol-2'),
    ]);
    const all = (blocks: string, key: string, volume = 'vol-1'): string =>
      `damaged: point 3f2a91c4, /dev/xvda (${volume}), ${blocks}: the tag does not match (${key})`;
    assert.deepEqual(lines, [
      all('blocks 0 to 64, 67, 1,000 to 1,008', 'keys/a'),
      all('blocks 65 to 66', 'packs/b'),
      all('block 0', 'keys/a', 'vol-2'),
    ]);
  });

  it('counts the blocks of one cause beyond its first ten ranges', async () => {
    const everyOther = Array.from({ length: 1_500 }, (_, n) => blocksOf(2 * n, 1, 'keys/a'));
    const [line, ...others] = await printedOf(everyOther);
    assert.match(line ?? '', /blocks 0, 2, 4, .*, 18 and 1,490 blocks more: the tag/);
    assert.deepEqual(others, []);
  });

  it('prints what it has found when it cannot go on', async () => {
    const engine: Partial<Engine> = {
      async *verify() {
        yield blocksOf(0, 2, 'keys/a');
        await Promise.resolve();
        throw new SnapledgerError('STORE_UNAVAILABLE', 'the store is away');
      },
    };
    const { stdout, stderr, exitCode } = await runCliWith(['verify'], { vault: { engine } });
    assert.equal(exitCode, 1);
    assert.match(stdout, /^damaged: .*blocks 0 to 1: .*\n$/);
    assert.match(stderr, /the store is away/);
  });

  it('of every finding makes an object of its own with --json', async () => {
    const verify = [blocksOf(0, 1, 'keys/a'), blocksOf(1, 1, 'keys/a')];
    const { stdout } = await runCliWith(['verify', '--json'], { vault: { verify } });
    assert.equal((JSON.parse(stdout) as unknown[]).length, 2);
  });

  it('shows its first progress and its last, however quick it is', async () => {
    const verify = [1, 2, 3].map((pointsChecked): VerifyProgress => ({
      kind: 'progress',
      pointId: pointIds[0] as PointId,
      ...{ pointsChecked, pointsTotal: 3, mapNodesChecked: 0, blocksChecked: 0, bytesRead: 0 },
    }));
    const { stdout, stderr } = await runCliWith(['verify'], { vault: { verify } });
    assert.deepEqual(stderr.match(/^\d of 3/gm), ['1 of 3', '3 of 3']);
    assert.equal(stdout, '3 points checked (structure): sound\n');
  });
});

describe('progress', () => {
  it('on a terminal is one redrawn line', async () => {
    const { stderr } = await runCliWith(['backup', 'web-1'], { stderr: 'terminal' });
    assert.match(
      stderr,
      /\r\u001b\[K\[#{12}-{12}\] {2}50 % {2}80 of 160 blocks, 40\.0 MiB read, 22\.5 MiB stored, 13\.3 MiB\/s\r\u001b\[K\[#{24}\] 100 %/,
    );
  });

  it('in a pipe is plain lines, few of them, and always the last', async () => {
    const { stderr } = await runCliWith(['backup', 'web-1'], { stderr: 'pipe' });
    assert.doesNotMatch(stderr, /[\r\u001b]/);
    assert.match(stderr, / 50 %: 80 of 160 blocks/);
    assert.match(stderr, / 100 %: 160 of 160 blocks/);
  });

  it('never mixes with the result', async () => {
    const { stdout } = await runCliWith(['backup', 'web-1'], { stderr: 'terminal' });
    assert.doesNotMatch(stdout, /[\r\u001b]/);
  });
});
