import path from 'node:path/posix';
import fc from 'fast-check';
import type { FuzzSubject } from './fuzz-subject.ts';
import type { Mutation } from './mutation.ts';

/** Something that was done, or shall be done, to a golden repository. */
export interface FuzzCase {
  /** The golden repository, by its name. */
  readonly repository: string;
  readonly mutations: readonly Mutation[];
}

/** Cases of all subjects: one to four mutations of any kind, at places of any kind. */
export function drawCases(subjects: readonly FuzzSubject[]): fc.Arbitrary<FuzzCase> {
  return fc
    .constantFrom(...subjects)
    .chain((subject) =>
      fc
        .array(drawMutation(subject, subjects), { minLength: 1, maxLength: 4 })
        .map((mutations) => ({ repository: subject.name, mutations })),
    );
}

function drawMutation(
  subject: FuzzSubject,
  subjects: readonly FuzzSubject[],
): fc.Arbitrary<Mutation> {
  const keys = [...subject.objects.keys()].toSorted();
  const folders = Map.groupBy(keys, (key) => key.split('/', 1)[0] ?? key);
  // A folder first: there are many more packs than headers, and each kind is of interest.
  const anyKey = fc
    .constantFrom(...folders.values())
    .chain((inFolder) => fc.constantFrom(...inFolder));
  const sizeOf = (key: string): number => subject.objects.get(key)?.length ?? 0;
  const place = (key: string): fc.Arbitrary<number> => {
    const end = Math.max(0, sizeOf(key) - 1);
    // Headers and tags have more fields than what is between them.
    return fc.oneof(
      fc.integer({ min: 0, max: Math.min(128, end) }),
      fc.integer({ min: Math.max(0, end - 64), max: end }),
      fc.integer({ min: 0, max: end }),
    );
  };
  const likeIt = (key: string): fc.Arbitrary<string> =>
    fc.constantFrom(...(folders.get(key.split('/', 1)[0] ?? key) ?? [key]));
  const of = <Of>(draw: (key: string) => fc.Arbitrary<Of>): fc.Arbitrary<Of> => anyKey.chain(draw);

  const flip = of((key) =>
    fc
      .record({ at: place(key), bit: fc.nat(7) })
      .map(({ at, bit }): Mutation => ({ kind: 'flip', key, bit: at * 8 + bit })),
  );
  const cut = of((key) =>
    place(key).map((lengthBytes): Mutation => ({ kind: 'cut', key, lengthBytes })),
  );
  const extend = of((key) =>
    fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes): Mutation => ({ kind: 'extend', key, hex: Buffer.from(bytes).toString('hex') })),
  );
  const zero = of((key) =>
    fc
      .record({ at: place(key), lengthBytes: fc.integer({ min: 1, max: 200 }) })
      .map((range): Mutation => ({ kind: 'zero', key, ...range })),
  );
  const splice = of((key) =>
    likeIt(key).chain((from) =>
      fc
        .record({
          at: place(key),
          fromAt: place(from),
          lengthBytes: fc.integer({ min: 1, max: 4096 }),
        })
        .map((range): Mutation => ({ kind: 'splice', key, from, ...range })),
    ),
  );
  const remove = anyKey.map((key): Mutation => ({ kind: 'remove', key }));
  const swap = of((key) =>
    fc.oneof(likeIt(key), anyKey).map((other): Mutation => ({ kind: 'swap', key, with: other })),
  );
  const replace = of((key) =>
    fc.oneof(likeIt(key), anyKey).map((by): Mutation => ({ kind: 'replace', key, by })),
  );
  const foreign = of((key) =>
    fc.constantFrom(...subjects).chain((other) => {
      const folder = key.split('/', 1)[0] ?? key;
      const like = [...other.objects.keys()].filter((each) => each.split('/', 1)[0] === folder);
      const by = like.length === 0 ? [...other.objects.keys()] : like;
      return fc
        .constantFrom(...by.toSorted())
        .map((each): Mutation => ({ kind: 'replace', key, by: each, of: other.name }));
    }),
  );
  const duplicate = of((key) =>
    fc
      .oneof(
        anyKey.map((other) => path.join(path.dirname(other), path.basename(key))),
        fc.constantFrom(`${key}.removed`, `${key.slice(0, -1)}0`, `${key.slice(0, -1)}9`),
        fc.constantFrom(
          'gc/00000001',
          'gc/ffffffff',
          'relocations/web-1/00000001-' + 'a'.repeat(8),
        ),
      )
      .map((as): Mutation => ({ kind: 'duplicate', key, as })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: flip },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: extend },
    { weight: 2, arbitrary: zero },
    { weight: 2, arbitrary: splice },
    { weight: 2, arbitrary: remove },
    { weight: 2, arbitrary: swap },
    { weight: 2, arbitrary: replace },
    { weight: 1, arbitrary: foreign },
    { weight: 2, arbitrary: duplicate },
  );
}
