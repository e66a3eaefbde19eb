import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { policyProblems } from '../../../src/domain/policy/policy-problems.ts';
import { policyShape } from '../../../src/domain/policy/policy-shape.ts';
import { jsonSchemaOf } from '../../../src/domain/shape/json-schema.ts';
import { readShape } from '../../../src/domain/shape/read-shape.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';
import { schemaAccepts } from '../../support/schema/schema-accepts.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const schema = jsonSchemaOf(policyShape, { $id: 'urn:p', title: 'p', description: 'A policy.' });

/** What no schema can say: names that a table of the runtime has, times, and sums and likenesses of parts. */
const beyondSchemas = [
  /^is '.*', which is no time zone$/,
  /^is '.*', which is no cron expression/s,
  /^never occurs$/,
  /^occurs only while the window is closed$/,
  /^is region .* a second time$/s,
  /^has more than \d+ levels of all-of and any-of$/,
  /^names \d+ ids and tags$/,
  /^leaves out every instance that include can match/,
  /^can match no instance/,
];

/** What is wrong with it, so far as a schema could say so. */
function refusals(policy: Json): readonly string[] {
  const read = readShape(policyShape, policy);
  const problems =
    read.outcome === 'wrong' ? read.problems : policyProblems(read.value, cronOccurrences);
  return problems
    .map(({ message }) => message)
    .filter((message) => !beyondSchemas.some((words) => words.test(message)));
}

const page = await readFile(new URL('../../../docs/policies.yaml', import.meta.url), 'utf8');
const { policies } = parse(page) as { readonly policies: readonly Json[] };
const retentions: readonly Json[] = [
  { count: 3 },
  { age: { amount: 100, unit: 'years' } },
  { gfs: { daily: { kind: 'period', period: { amount: 5218, unit: 'weeks' } }, weekday: 7 } },
];
/** Policies in which every field and every form of it occurs. */
const sound: readonly Json[] = [
  ...policies,
  ...retentions.map((retention): Json => ({
    policyId: 'all-forms',
    selection: {
      include: {
        kind: 'any-of',
        of: [{ kind: 'all' }, { kind: 'all-of', of: [{ kind: 'tag', key: 'a', value: null }] }],
      },
      exclude: null,
    },
    volumes: {
      roles: 'data',
      exclude: [
        { kind: 'device', device: '/dev/xvdb' },
        { kind: 'volume', volumeId: 'vol-1' },
      ],
    },
    snapshots: {
      schedules: [
        { kind: 'hourly', everyHours: 12, minute: 5 },
        { kind: 'weekly', weekdays: [1], hour: 2 },
        { kind: 'monthly', monthDay: 31, hour: 2 },
        { kind: 'yearly', month: 2, monthDay: 29, hour: 2 },
        { kind: 'cron', expression: '0 7 * * 1-5' },
      ],
      retention,
      baseMoves: 'after-retention',
    },
    replicas: [{ target: { region: 'west', keyId: 'key', account: null }, retention }],
    image: { level: 'on', changedBlockTracking: 'on', retention },
    window: {
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      from: { hour: 0, minute: 0 },
      to: { hour: 0, minute: 0 },
    },
    missedRuns: 'skip',
    retry: { attemptsMax: 1, waitMinutes: 0 },
  })),
  {
    policyId: 'keeps-none',
    selection: { include: { kind: 'all' } },
    snapshots: { retention: { count: 0 } },
    image: { level: 'on', changedBlockTracking: 'off' },
  },
];

type Path = readonly (string | number)[];

function pathsIn(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, one]) =>
    pathsIn(one, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return [path, ...inner];
}

/** Undefined takes the place away. */
function withAt(value: Json, [step, ...rest]: Path, to: Json | undefined): Json | undefined {
  if (step === undefined) return to;
  if (Array.isArray(value)) {
    return value.flatMap((one: Json, index) =>
      index === step ? (withAt(one, rest, to) ?? []) : [one],
    );
  }
  assert.ok(typeof value === 'object' && value !== null);
  const inner = (value as Record<string, Json>)[step];
  const changed = inner === undefined ? to : withAt(inner, rest, to);
  const others = Object.fromEntries(Object.entries(value).filter(([name]) => name !== step));
  return changed === undefined ? others : { ...others, [step]: changed };
}

function valueAt(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string | number, Json>>)[step];
}

const another: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<Json>(null, true, '', [], {}, 'on', 'off', 'x'.repeat(129), '🗝'.repeat(128)),
  fc.constantFrom<Json>(-1, 0, 1, 5, 7, 12, 13, 24, 60, 101, 1001, 1201, 5219, 36_526, 1.5),
  fc.constantFrom<Json>('all', 'root', 'years', 'months', 'weeks', 'days', 'hourly', 'period'),
  fc.constantFrom<Json>(...retentions, { count: 0 }, { count: null }, { gfs: {} }),
);

const mutated = fc.constantFrom(...sound).chain((policy) => {
  const places = pathsIn(policy);
  const change = fc.tuple(
    fc.oneof(
      fc.constantFrom(...places),
      fc.constantFrom(...places).map((path): Path => [...path.slice(0, -1), 'unheardOf']),
      fc.constantFrom<Path>(['image'], ['image', 'level'], ['image', 'changedBlockTracking']),
      fc.constantFrom<Path>(['snapshots', 'retention'], ['snapshots', 'retention', 'count']),
    ),
    another,
  );
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce<Json>((value, [path, to]) => {
      const around = path.slice(0, -1).reduce<Json | undefined>(valueAt, value);
      return typeof around === 'object' && around !== null
        ? (withAt(value, path, to) ?? null)
        : value;
    }, policy),
  );
});

describe('the schema of a policy', () => {
  it('accepts what is sound', () => {
    for (const policy of sound) {
      assert.deepEqual(refusals(policy), []);
      assert.ok(schemaAccepts(schema, policy), JSON.stringify(policy));
    }
  });

  it('refuses whatever is refused and a schema could say so, and nothing else', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(mutated, (policy) => {
        const refused = refusals(policy);
        seen[refused.length === 0 ? 'accepted' : 'refused'] += 1;
        assert.equal(schemaAccepts(schema, policy), refused.length === 0, refused.join('; '));
      }),
      { numRuns: 3_000 },
    );
    // Some 317 of them are accepted, give or take 17.
    assert.ok(seen.accepted > 200 && seen.refused > 300, JSON.stringify(seen));
  });

  const base = policies[0] as Readonly<Record<string, Json>>;
  const image = (settings: Readonly<Record<string, Json>>, count: Json = 0): Json => ({
    ...base,
    snapshots: { retention: { count } },
    image: settings,
  });
  const web: Json = { kind: 'instances', instanceIds: ['web-1'] };
  const selecting = (include: Json): Json => ({ ...base, selection: { include } });
  const cases: readonly (readonly [string, Json, 'accepted' | 'refused'])[] = [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 24].map(
      (everyHours) =>
        [
          `every ${everyHours} hours`,
          {
            ...base,
            snapshots: { schedules: [{ kind: 'hourly', everyHours }], retention: { count: 1 } },
          },
          everyHours > 0 && everyHours < 24 && 24 % everyHours === 0 ? 'accepted' : 'refused',
        ] as const,
    ),
    ...(
      [
        ['days', 36_525],
        ['weeks', 5_218],
        ['months', 1_200],
        ['years', 100],
      ] as const
    ).flatMap(([unit, most]) =>
      (
        [
          [most, 'accepted'],
          [most + 1, 'refused'],
        ] as const
      ).map(
        ([amount, judged]) =>
          [
            `${amount} ${unit}`,
            { ...base, snapshots: { retention: { age: { amount, unit } } } },
            judged,
          ] as const,
      ),
    ),
    ['no flag of gfs', { ...base, snapshots: { retention: { count: 1, gfs: {} } } }, 'refused'],
    [
      'only flags that are null',
      { ...base, snapshots: { retention: { count: 1, gfs: { daily: null } } } },
      'refused',
    ],
    ['no set, with tracking', image({}), 'refused'],
    ['no set, with tracking, said by no rule', image({}, null), 'refused'],
    ['no set, without tracking', image({ changedBlockTracking: 'off' }), 'accepted'],
    ['no set, no image', image({ level: 'off' }), 'refused'],
    [
      'no set, no image, no tracking',
      image({ level: 'off', changedBlockTracking: 'off' }),
      'refused',
    ],
    ['one set, no image', image({ level: 'off' }, 1), 'accepted'],
    ['no point', image({ retention: { count: 0 } }, 1), 'refused'],
    [
      'no point by count, but by age',
      image({ retention: { count: 0, age: { amount: 1, unit: 'days' } } }, 1),
      'accepted',
    ],
    [
      'an id twice in one list',
      selecting({ kind: 'instances', instanceIds: ['a', 'b', 'a'] }),
      'refused',
    ],
    ['an id in two lists', selecting({ kind: 'any-of', of: [web, web] }), 'accepted'],
    ['no rule for points', image({ retention: {} }, 1), 'accepted'],
    [
      'a replica without a rule',
      { ...base, replicas: [{ target: { region: 'west' }, retention: {} }] },
      'refused',
    ],
    [
      'a replica of which none is kept',
      { ...base, replicas: [{ target: { region: 'west' }, retention: { count: 0 } }] },
      'refused',
    ],
  ];
  for (const [name, policy, judged] of cases) {
    it(`has ${name} ${judged}, as the validator has`, () => {
      assert.equal(refusals(policy).length === 0 ? 'accepted' : 'refused', judged);
      assert.equal(schemaAccepts(schema, policy) ? 'accepted' : 'refused', judged);
    });
  }
});
