import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { InstanceId, PointId } from '../../../../src/domain/identifiers.ts';
import type { Repository } from '../../../../src/format/repository.ts';
import type { VerifyFinding } from '../../../../src/format/verification.ts';
import { recordKind } from '../../../../tools/strata-reader/record.ts';
import { verifyRepository } from '../../../../tools/strata-reader/verify-repository.ts';
import {
  DamageOracle,
  type DamagedCopy,
  wholeObject,
} from '../../../support/golden/damaged-copies.ts';
import {
  dependenciesOf,
  type DamagedPart,
  type GoldenRecord,
} from '../../../support/golden/golden-dependencies.ts';
import { type GoldenObjects, GoldenReaders } from '../../../support/golden/golden-readers.ts';
import { readExpected, readGoldenObjects } from '../../../support/golden/golden-repository.ts';

const objects = await readGoldenObjects('v1-points');
const others = await readGoldenObjects('v1-unfinished');
const expected = await readExpected('v1-points');
const [full = '', increment = '', bare = ''] = Object.keys(expected.points);
const sessionOf = (pointKey: string): string => pointKey.slice(pointKey.lastIndexOf('/') + 1);

/** A kind of damage, and what has to be said of it. */
interface Damage {
  readonly name: string;
  readonly make: (objects: Map<string, Buffer>) => readonly DamagedPart[];
  /** By the key of the object that is named: why. */
  readonly product: Readonly<Record<string, RegExp>>;
  readonly second: Readonly<Record<string, RegExp>>;
  /** `deep` where the damage is in the content of a block, and only reading it can tell. */
  readonly depth: 'structure' | 'deep';
}

const packOf = (pointKey: string, kind: 'data' | 'map'): string => {
  const code = kind === 'data' ? 1 : 2;
  const prefix = `packs/${sessionOf(pointKey)}/`;
  const found = [...objects].find(([key, bytes]) => key.startsWith(prefix) && bytes[5] === code);
  return found?.[0] ?? assert.fail(`${pointKey} has no ${kind} pack`);
};

const get = (all: ReadonlyMap<string, Buffer>, key: string): Buffer =>
  all.get(key) ?? assert.fail(`there is no ${key}`);

const removed =
  (key: string): Damage['make'] =>
  (copy) => {
    assert.ok(copy.delete(key));
    return [wholeObject(key)];
  };

const replaced =
  (key: string, bytes: () => Buffer): Damage['make'] =>
  (copy) => {
    assert.ok(copy.has(key));
    copy.set(key, bytes());
    return [wholeObject(key)];
  };

const cutTo =
  (key: string, length: number): Damage['make'] =>
  (copy) => {
    copy.set(key, get(copy, key).subarray(0, length));
    return [{ key, from: length, end: Infinity }];
  };

const swapped =
  (one: string, two: string): Damage['make'] =>
  (copy) => {
    const bytes = get(copy, one);
    copy.set(one, get(copy, two));
    copy.set(two, bytes);
    return [wholeObject(one), wholeObject(two)];
  };

const partOf = ({ reference }: GoldenRecord): DamagedPart => {
  const { pack, offset, lengthBytes } = reference;
  return { key: pack, from: offset, end: offset + lengthBytes };
};

const recordBytes = (all: ReadonlyMap<string, Buffer>, record: GoldenRecord): Buffer => {
  const { key, from, end } = partOf(record);
  return Buffer.from(get(all, key).subarray(from, end));
};

/** The record `to` overwritten with the bytes of `from`, which are as many. */
const overwritten = (copy: Map<string, Buffer>, to: GoldenRecord, bytes: Buffer): DamagedPart => {
  const { pack, offset } = to.reference;
  const changed = Buffer.from(get(copy, pack));
  bytes.copy(changed, offset);
  copy.set(pack, changed);
  return partOf(to);
};

describe('a damaged copy of the golden repository v1-points', () => {
  let readers: GoldenReaders;
  let oracle: DamageOracle;
  let records: readonly GoldenRecord[];
  before(async () => {
    readers = await GoldenReaders.unlock(objects);
    const dependencies = dependenciesOf(readers.second(objects));
    ({ records } = dependencies);
    oracle = new DamageOracle(readers, expected, dependencies);
  });

  /** Two records of one kind and length in different places. */
  const twins = (kind: GoldenRecord['kind'], where: 'one-pack' | 'two-sessions') => {
    const ofKind = records.filter((record) => record.kind === kind);
    for (const one of ofKind) {
      for (const two of ofKind) {
        const isPlace =
          where === 'one-pack'
            ? one.reference.pack === two.reference.pack
            : one.reference.sessionId !== two.reference.sessionId;
        if (one === two || !isPlace || one.plainLength !== two.plainLength) continue;
        if (one.reference.lengthBytes === two.reference.lengthBytes) return [one, two] as const;
      }
    }
    return assert.fail('there are no two such records');
  };

  const swappedRecords =
    (kind: GoldenRecord['kind'], where: 'one-pack' | 'two-sessions'): Damage['make'] =>
    (copy) => {
      const [one, two] = twins(kind, where);
      const [first, second] = [recordBytes(copy, one), recordBytes(copy, two)];
      return [overwritten(copy, one, second), overwritten(copy, two, first)];
    };

  const unauthentic = /not authentic/;
  const damagedSecond = /damaged, was changed, or belongs to another place/;
  const manifestOf = (pointKey: string) => ({
    product: { [pointKey]: unauthentic },
    second: { [pointKey]: damagedSecond },
    depth: 'structure' as const,
  });
  const dataPack = packOf(full, 'data');
  const mapPack = packOf(increment, 'map');
  const keyOfFull = `keys/${sessionOf(full)}`;

  const damages: readonly Damage[] = [
    {
      name: 'the manifest of the older point in the place of the newer',
      make: replaced(increment, () => get(objects, full)),
      ...manifestOf(increment),
    },
    {
      name: 'two manifests swapped',
      make: swapped(full, increment),
      product: { [full]: unauthentic, [increment]: unauthentic },
      second: { [full]: damagedSecond, [increment]: damagedSecond },
      depth: 'structure',
    },
    {
      name: 'a manifest of another repository',
      make: replaced(full, () =>
        get(others, [...others.keys()].find((key) => key.startsWith('points/')) ?? ''),
      ),
      ...manifestOf(full),
    },
    {
      name: 'the key of a session in the place of a manifest',
      make: replaced(bare, () => get(objects, keyOfFull)),
      product: { [bare]: /kind 1 cannot be here/ },
      second: { [bare]: /kind 1/ },
      depth: 'structure',
    },
    {
      name: 'an empty manifest',
      make: replaced(bare, () => Buffer.alloc(0)),
      product: { [bare]: /shorter/ },
      second: { [bare]: /too short/ },
      depth: 'structure',
    },
    {
      // No listing misses it: it is found by who knows from the ledger that it was there.
      name: 'a manifest removed',
      make: removed(bare),
      product: { [bare]: /the object is missing/ },
      second: {},
      depth: 'structure',
    },
    {
      name: 'the key of a session removed',
      make: removed(keyOfFull),
      product: { [keyOfFull]: /missing/ },
      second: { [keyOfFull]: /missing/ },
      depth: 'structure',
    },
    {
      name: 'the key of a session cut',
      make: replaced(keyOfFull, () => get(objects, keyOfFull).subarray(0, 40)),
      product: { [keyOfFull]: unauthentic },
      second: { [keyOfFull]: damagedSecond },
      depth: 'structure',
    },
    {
      name: 'the keys of two sessions swapped',
      make: swapped(keyOfFull, `keys/${sessionOf(increment)}`),
      product: { [keyOfFull]: unauthentic, [`keys/${sessionOf(increment)}`]: unauthentic },
      second: { [keyOfFull]: damagedSecond, [`keys/${sessionOf(increment)}`]: damagedSecond },
      depth: 'structure',
    },
    {
      name: 'a pack of blocks removed',
      make: removed(dataPack),
      product: { [dataPack]: /the pack is missing/ },
      second: { [dataPack]: /missing/ },
      depth: 'structure',
    },
    {
      name: 'a pack of map nodes removed',
      make: removed(mapPack),
      product: { [mapPack]: /missing/ },
      second: { [mapPack]: /missing/ },
      depth: 'structure',
    },
    {
      name: 'a pack of blocks cut',
      make: cutTo(dataPack, 300),
      product: { [dataPack]: /ends at byte 300/ },
      second: { [dataPack]: /ends too early|beyond the pack/ },
      depth: 'structure',
    },
    {
      name: 'a pack of map nodes cut',
      make: cutTo(mapPack, 500),
      product: { [mapPack]: /ends/ },
      second: { [mapPack]: /ends too early|beyond the pack/ },
      depth: 'structure',
    },
    {
      name: 'the packs of map nodes of two sessions swapped',
      make: swapped(packOf(full, 'map'), mapPack),
      product: { [packOf(full, 'map')]: /./, [mapPack]: /./ },
      second: { [packOf(full, 'map')]: /another repository or session/, [mapPack]: /session/ },
      depth: 'structure',
    },
    {
      name: 'the packs of blocks of two sessions swapped',
      make: swapped(dataPack, packOf(increment, 'data')),
      product: { [dataPack]: /./, [packOf(increment, 'data')]: /./ },
      second: { [dataPack]: /session/, [packOf(increment, 'data')]: /session/ },
      depth: 'deep',
    },
    {
      name: 'a pack of blocks in the place of one of map nodes',
      make: replaced(mapPack, () => get(objects, packOf(increment, 'data'))),
      product: { [mapPack]: /./ },
      second: { [mapPack]: /./ },
      depth: 'structure',
    },
    {
      name: 'two blocks of one session swapped',
      make: swappedRecords(recordKind.block, 'one-pack'),
      product: { [dataPack]: /another record is in this place/ },
      second: { [dataPack]: /another record than the map says/ },
      depth: 'deep',
    },
    {
      name: 'two map nodes of two sessions swapped',
      make: swappedRecords(recordKind.node, 'two-sessions'),
      product: { [packOf(full, 'map')]: /another record/, [packOf(bare, 'map')]: /another record/ },
      second: { [packOf(full, 'map')]: /was changed/, [packOf(bare, 'map')]: /was changed/ },
      depth: 'structure',
    },
  ];

  for (const damage of damages) {
    it(`${damage.name}: named, and everything else restored`, async () => {
      const changed = new Map(objects);
      const damaged = damage.make(changed);
      const copy: DamagedCopy = { objects: changed, damaged };

      oracle.assertSecondReader(copy);
      assertNames(
        verifyRepository(readers.second(changed)).map(({ message }) => message),
        damage.second,
      );

      const product = await readers.product(changed);
      await oracle.assertProduct(product, copy);
      // One point is enough for a deep look: the increment has blocks of both sessions.
      const one = damage.depth === 'deep' ? { pointId: sessionOf(increment) as PointId } : {};
      const findings = await Array.fromAsync(product.verify({ depth: damage.depth, ...one }));
      const traces = await Promise.all(
        Object.keys(expected.points).map((key) => trace(product, key)),
      );
      assertNames(
        [
          ...findings
            .filter((step): step is VerifyFinding => step.kind === 'finding')
            .map(({ objectKey, reason }) => `${objectKey}: ${reason}`),
          ...traces.flatMap((one) =>
            one.kind === 'missing' ? [`${one.objectKey}: ${one.reason}`] : [],
          ),
        ],
        damage.product,
      );
    });
  }

  it('a manifest under another instance is no point of it', async () => {
    const moved = full.replace('/web-1/', '/web-2/');
    const changed = new Map([...objects, [moved, get(objects, full)]]);
    const product = await readers.product(changed);
    const findings = await Array.fromAsync(product.verify({ depth: 'structure' }));
    const named = findings.flatMap((step) => (step.kind === 'finding' ? [step.objectKey] : []));
    assert.deepEqual(named, [moved]);
    assertNames(
      verifyRepository(readers.second(changed)).map(({ message }) => message),
      { [moved]: damagedSecond },
    );
  });

  it('without its header is no repository, and with that of another one nothing is authentic', async () => {
    const foreign: GoldenObjects = new Map([...objects, ['strata', get(others, 'strata')]]);
    const stranger = await GoldenReaders.unlock(foreign);
    const product = await stranger.product(foreign);
    const findings = await Array.fromAsync(product.verify({ depth: 'structure' }));
    const named = findings.flatMap((step) => (step.kind === 'finding' ? [step.objectKey] : []));
    assert.deepEqual(named.toSorted(), Object.keys(expected.points).toSorted());

    const headless = new Map(objects);
    headless.delete('strata');
    await assert.rejects(GoldenReaders.unlock(headless), { code: 'NOT_A_REPOSITORY' });
  });

  it('with bytes after its records, or another pack header, restores; the second reader sees it', async () => {
    const longer = new Map(objects);
    longer.set(dataPack, Buffer.concat([get(objects, dataPack), Buffer.alloc(100)]));
    const otherHead = new Map(objects);
    const head = Buffer.from(get(objects, dataPack));
    head.writeUInt8(2, 5);
    otherHead.set(dataPack, head);
    for (const changed of [longer, otherHead]) {
      const copy = { objects: changed, damaged: [] };
      await oracle.assertProduct(await readers.product(changed), copy);
      oracle.assertSecondReader(copy);
      assertNames(
        verifyRepository(readers.second(changed)).map(({ message }) => message),
        { [dataPack]: /no record|another kind/ },
      );
    }
  });
});

/** As the engine asks for each point of its ledger. */
function trace(product: Repository, pointKey: string): ReturnType<Repository['tracePoint']> {
  const [, instanceId = '', pointId = ''] = pointKey.split('/');
  return product.tracePoint(pointId as PointId, instanceId as InstanceId);
}

/** Each object is named for its reason, and no other object is. */
function assertNames(messages: readonly string[], named: Readonly<Record<string, RegExp>>): void {
  for (const [key, reason] of Object.entries(named)) {
    const ofKey = messages.filter((message) => message.includes(key));
    assert.ok(
      ofKey.some((message) => reason.test(message)),
      `${key} is not named for ${reason.source}: ${messages.join('\n')}`,
    );
  }
  const stray = messages.filter((message) =>
    Object.keys(named).every((key) => !message.includes(key)),
  );
  assert.deepEqual(stray, []);
}
