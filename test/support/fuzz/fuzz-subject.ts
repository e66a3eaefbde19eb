import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { optionsOn, passphrase } from '../../../src/conformance/format-bench.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import type { Repository } from '../../../src/format/repository.ts';
import { createRepositoryContext } from '../../../src/format/strata/repository/repository-context.ts';
import { StrataRepository } from '../../../src/format/strata/repository/strata-repository.ts';
import { unlockRepository } from '../../../src/format/strata/slots/unlock-repository.ts';
import { createStrataFormat } from '../../../src/format/strata/strata-format.ts';
import { cheapHardness } from '../format/cheap-strata.ts';
import { storeOf } from '../golden/golden-readers.ts';
import {
  goldenFolder,
  type GoldenName,
  goldenPassphrase,
  readGoldenObjects,
} from '../golden/golden-repository.ts';
import { keysTouchedBy, type Mutation, type Objects } from './mutation.ts';
import { type KnownPoints, readKnownPoints } from './known-points.ts';

/** A golden repository that is fuzzed. */
export interface FuzzSubject {
  readonly name: string;
  readonly format: 'strata' | 'qcow2';
  readonly objects: Objects;
  readonly points: KnownPoints;
  /** Opens a copy, to which the mutations were done: from its header on where they touch what opens it. */
  readonly open: (objects: Objects, mutations: readonly Mutation[]) => Promise<Repository>;
}

/** Every golden repository that there is in the folders of fixtures. */
export async function fuzzSubjects(): Promise<readonly FuzzSubject[]> {
  const strata = readdirSync(goldenFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => strataSubject(name as GoldenName));
  return await Promise.all([...strata, qcow2Subject('sealed'), qcow2Subject('plain')]);
}

async function strataSubject(name: GoldenName): Promise<FuzzSubject> {
  const objects = await readGoldenObjects(name);
  const format = createStrataFormat(cheapHardness, 'caller');
  const secret = { kind: 'passphrase', passphrase: goldenPassphrase } as const;
  const keys = await unlockRepository({ objectStore: await storeOf(objects), secret });
  const open: FuzzSubject['open'] = async (copy, mutations) => {
    const objectStore = await storeOf(copy);
    const isLocked = keysTouchedBy(mutations).some(
      (key) => key === format.headerKey || key.startsWith('slots/'),
    );
    if (isLocked) return await format.openRepository(optionsOn(objectStore, goldenPassphrase));
    // Argon2id is made to be slow: what opens the repository is as it was, and so are its keys.
    const options = { objectStore, clock: systemClock, random: systemRandom };
    const context = createRepositoryContext(options, structuredClone(keys), 'caller');
    return new StrataRepository(format, context);
  };
  const points = await readKnownPoints(await open(objects, []));
  return { name, format: 'strata', objects, points, open };
}

async function qcow2Subject(protection: 'sealed' | 'plain'): Promise<FuzzSubject> {
  const file = new URL(`../../fixtures/qcow2/${protection}.json.zst`, import.meta.url);
  const golden = JSON.parse(zstdDecompressSync(readFileSync(file)).toString('utf8')) as {
    readonly objects: Readonly<Record<string, string>>;
  };
  const objects = new Map(
    Object.entries(golden.objects).map(([key, bytes]) => [key, Buffer.from(bytes, 'base64')]),
  );
  const format = createQcow2Format(protection, cheapHardness);
  const open: FuzzSubject['open'] = async (copy) =>
    await format.openRepository(optionsOn(await storeOf(copy), passphrase));
  const points = await readKnownPoints(await open(objects, []));
  return { name: `qcow2-${protection}`, format: 'qcow2', objects, points, open };
}

/** A path below the folder of fixtures. */
export function fixturePath(...parts: readonly string[]): string {
  return path.join(goldenFolder, '..', ...parts);
}
