import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import {
  type InstanceSelection,
  selectInstances,
} from '../../../src/domain/policy/instance-selection.ts';
import { formatPath, type ShapePath } from '../../../src/domain/shape/shape-problem.ts';
import { decodeEvent, encodeEvent } from '../../../src/engine/ledger/event-codec.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { oneOfEveryEvent } from '../../support/domain/one-of-every-event.ts';
import { count, counter, counterStream, ledgerRig } from './ledger-rig.ts';
import { everyCatalogue, type EventFixture, recordedEvent } from './recorded-event.ts';
import { sealWithFixedKey } from '../../support/sensitive/fixed-sensitive-keys.ts';

const packr = new Packr({ useRecords: false });

const folder = new URL('../../fixtures/events/', import.meta.url);
const files = (await readdir(folder)).toSorted();
const fixtures = (
  await Promise.all(
    files.map(
      async (file) =>
        JSON.parse(await readFile(new URL(file, folder), 'utf8')) as readonly EventFixture[],
    ),
  )
).flat();
/** As they are written today. */
const todays = fixtures
  .filter(({ type, schemaVersion }) => everyCatalogue[type].schemaVersion === schemaVersion)
  .map(({ type }) => ({ type, data: oneOfEveryEvent[type] }));

/** What an instance is configured like is told by its cloud, and no field of ours. */
const isOurs = (path: ShapePath): boolean => path[0] !== 'configuration' || path.length === 1;

/** Every place within a value, itself left out. */
function placesIn(value: unknown, path: ShapePath = []): readonly ShapePath[] {
  if (typeof value !== 'object' || value === null) return [];
  const steps: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item])
    : Object.entries(value);
  return steps.flatMap(([step, inner]) => [[...path, step], ...placesIn(inner, [...path, step])]);
}

type Change = (holder: Record<string | number, unknown>, step: string | number) => void;

/** A copy in which one place was changed. */
function changedAt(data: object, path: ShapePath, change: Change): object {
  const copy = structuredClone(data);
  const step = path.at(-1) ?? '';
  let holder = copy as Record<string | number, unknown>;
  for (const outer of path.slice(0, -1)) holder = holder[outer] as typeof holder;
  change(holder, step);
  return copy;
}

/** No field of any event is a truth value. */
const spoil: Change = (holder, step) => {
  holder[step] = true;
};
const remove: Change = (holder, step) => {
  Reflect.deleteProperty(holder, step);
};

function refusal(attempt: () => unknown): SnapledgerError {
  try {
    attempt();
  } catch (error) {
    assert.ok(error instanceof SnapledgerError);
    return error;
  }
  return assert.fail('it was taken');
}

describe('what is read of an event', () => {
  for (const fixture of fixtures) {
    const { type, schemaVersion } = fixture;
    // As it is recorded: what is sensitive is sealed.
    const data = packr.unpack(Buffer.from(fixture.dataHex, 'hex')) as object;
    const places = placesIn(data).filter(isOurs);
    const read = (changed: object) => (): unknown => {
      const dataHex = Buffer.from(packr.pack(changed)).toString('hex');
      return decodeEvent(recordedEvent({ type, schemaVersion, dataHex }), everyCatalogue);
    };
    const refusedAt = (path: ShapePath, change: Change, found: string): void => {
      const field = formatPath(path);
      const error = refusal(read(changedAt(data, path, change)));
      assert.equal(error.code, 'LEDGER_CORRUPT', field);
      assert.deepEqual(error.details, { stream: 'session-fixture', revision: 0, field });
      const place = `event 0 of the stream 'session-fixture' is not what a '${type}' of version ${schemaVersion} is`;
      assert.ok(
        error.message.startsWith(`${place}: ${field} ${found}; it has to be `),
        error.message,
      );
      assert.match(error.remedy ?? '', /from a copy of the vault/);
    };

    it(`is held to the schema of ${type} ${schemaVersion}, field by field`, () => {
      assert.ok(places.length > 0);
      for (const path of places) {
        refusedAt(path, spoil, 'is true');
        // An entry that a list lacks is not missing.
        if (typeof path.at(-1) === 'string') refusedAt(path, remove, 'is missing');
      }
    });

    it(`may have fields of a newer program, which are left out: ${type} ${schemaVersion}`, () => {
      const add: Change = (holder) => {
        holder['fromTheFuture'] = 1;
      };
      const known = read(data)();
      for (const path of places.filter((one) => typeof one.at(-1) === 'string')) {
        assert.deepEqual(read(changedAt(data, path, add))(), known, formatPath(path));
      }
    });
  }
});

describe('a policy that is recorded', () => {
  const { policy } = oneOfEveryEvent.PolicySet;
  const twice = sampleIds.instance('i-1');
  const selections: readonly (readonly [string, InstanceSelection])[] = [
    ['names an instance twice', selectInstances([twice, twice])],
    ['leaves out all', { include: { kind: 'all' }, exclude: { kind: 'all' } }],
    [
      'leaves out each that it names',
      { ...selectInstances([twice]), exclude: { kind: 'instances', instanceIds: [twice, twice] } },
    ],
  ];
  for (const [what, selection] of selections) {
    it(`stays readable where it ${what}, as none may that is set`, () => {
      const data = { policy: { ...policy, selection } };
      const type = 'PolicySet';
      const { schemaVersion } = everyCatalogue[type];
      const dataHex = Buffer.from(packr.pack(data)).toString('hex');
      const event = recordedEvent({ type, schemaVersion, dataHex });
      assert.deepEqual(decodeEvent(event, everyCatalogue).data, data);
    });
  }
});

describe('what is written of an event', () => {
  for (const { type, data } of todays) {
    const seal = sealWithFixedKey('session-fixture', type, 'instance-web-1');
    const write = (changed: object) => (): unknown =>
      encodeEvent({ type, data: changed }, everyCatalogue, seal);
    it(`is held to the schema of ${type}, field by field`, () => {
      assert.doesNotThrow(write(data));
      for (const path of placesIn(data).filter(isOurs)) {
        const isNamed = typeof path.at(-1) === 'string';
        for (const change of isNamed ? [spoil, remove] : [spoil]) {
          const error = refusal(write(changedAt(data, path, change)));
          assert.equal(error.code, 'INTERNAL');
          assert.ok(error.message.includes(`: ${formatPath(path)} is `), error.message);
        }
      }
    });

    it(`has no field that the schema of ${type} does not have`, () => {
      const error = refusal(write({ ...data, more: 1 }));
      assert.equal(error.code, 'INTERNAL');
      assert.ok(error.message.includes(': more is not known; '), error.message);
    });
  }

  it('never reaches the store when it breaks its schema, nor does what comes with it', async () => {
    const { ledger, eventStore } = ledgerRig();
    await count(ledger, 1);
    const loaded = await ledger.load(counterStream, counter);
    const events = [
      { type: 'Counted', data: { by: 2 } },
      { type: 'Counted', data: { by: -1 } },
    ] as const;
    await assert.rejects(ledger.append(loaded, events, 'Count', counter), {
      code: 'INTERNAL',
      message: /a 'Counted' breaks its schema and was not recorded: by is -1; it has to be a whole/,
    });
    assert.equal((await Array.fromAsync(eventStore.readAll())).length, 1);
  });
});
