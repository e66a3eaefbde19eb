import {
  parseGenerationKey,
  parsePointKey,
  parseRelocationClaimKey,
} from '../../../../../src/format/strata/object/object-keys.ts';
import type {
  ObjectInfo,
  ObjectKey,
  ObjectStore,
  Retention,
} from '../../../../../src/ports/object-store.ts';
import { type Place, places, type Program, type Turns } from './turns.ts';

/** Told of what happens to the disk, while nothing else happens. */
export interface DiskWitness {
  readonly created: (key: ObjectKey) => Promise<void>;
  readonly deleting: (key: ObjectKey) => Promise<void>;
  readonly deleted: (key: ObjectKey) => Promise<void>;
}

/** Objects in a page of a listing: a listing of more is not of one moment. */
const pageSize = 2;

/** The disk as one program sees it: each request waits for its turn, and can be its last. */
export function createProgramStore(
  disk: ObjectStore,
  turns: Turns,
  program: Program,
  witness: DiskWitness,
): ObjectStore {
  const { retention } = disk;
  return {
    retention: retention === null ? null : takingTurns(retention, turns, program),
    create: (key, body, options) =>
      turns.take(
        program,
        async () => {
          await disk.create(key, body, options);
          await witness.created(key);
        },
        whatIs(key),
      ),
    get: (key, range) => turns.take(program, () => disk.get(key, range)),
    head: (key) => turns.take(program, () => disk.head(key)),
    delete: (key) =>
      turns.take(
        program,
        async () => {
          await witness.deleting(key);
          await disk.delete(key);
          await witness.deleted(key);
        },
        'delete',
      ),
    async *list(prefix, { after } = {}): AsyncGenerator<ObjectInfo> {
      let last = after;
      for (;;) {
        const page = await turns.take(program, () => pageOf(disk, prefix, last), listOf(prefix));
        yield* page;
        if (page.length < pageSize) return;
        last = page.at(-1)?.key;
      }
    },
  };
}

function takingTurns(retention: Retention, turns: Turns, program: Program): Retention {
  const { pointDays } = retention;
  return {
    pointDays,
    extend: (key, until) => turns.take(program, () => retention.extend(key, until)),
    heldUntil: (key) => turns.take(program, () => retention.heldUntil(key)),
    disturbed: (prefix) => retention.disturbed(prefix),
  };
}

function whatIs(key: ObjectKey): Place | 'other' {
  if (parsePointKey(key) !== null) return 'manifest';
  if (parseRelocationClaimKey(key) !== null) return 'claim';
  return parseGenerationKey(key) === null ? 'other' : 'generation';
}

function listOf(prefix: string): Place | 'other' {
  const [folder = ''] = prefix.split('/');
  return places.find((place) => place === `list-${folder}`) ?? 'other';
}

async function pageOf(
  disk: ObjectStore,
  prefix: string,
  after: ObjectKey | undefined,
): Promise<readonly ObjectInfo[]> {
  const page: ObjectInfo[] = [];
  for await (const info of disk.list(prefix, after === undefined ? {} : { after })) {
    page.push(info);
    if (page.length === pageSize) break;
  }
  return page;
}
