import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId, Region, SessionId } from '../../src/domain/identifiers.ts';
import type { ReplicaItem } from '../../src/domain/retention/history-items.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type DiskContent, fillWithWord } from '../support/simulation/cloud/disk-content.ts';
import { createSeededPrng, createSimulatedRandom } from '../support/simulation/seeded-prng.ts';
import { makeDisk, writeBlock } from '../support/vault/disk-image.ts';
import { deviceOf } from '../support/vault/make-test-vault.ts';
import {
  makeFolderInMemory,
  makeTemporaryFolder,
  type TemporaryFolder,
} from '../support/vault/temporary-folder.ts';
import type { LocalFate } from './backup-fate.ts';
import { assertPointRestores, existingItems, stateOfSession } from './engine-facts.ts';
import {
  type LocalWorld,
  type LocalWorldKind,
  openLocalWorld,
} from '../support/local-cloud/local-world.ts';
import {
  type MachineClock,
  RealMachineClock,
  VirtualMachineClock,
} from '../support/clock/machine-clock.ts';
import type { ModelPolicy } from './model-instance.ts';
import { type PolicyPlace, policyOf } from './policy-of.ts';
import { type BackupToMeet, type FatefulInstance, web } from './real-instance.ts';
import { WatchedAppends } from './watched-appends.ts';

const replicaRegion = 'elsewhere' as Region;
/** The end of the disk is no whole block. */
const lastBlockSizeBytes = 4_096;

interface LocalParts {
  readonly place: PolicyPlace;
  readonly temporary: TemporaryFolder;
  readonly imagePath: string;
  readonly clock: MachineClock;
  readonly appends: WatchedAppends;
  readonly world: LocalWorld;
}

/** What a vault on the local cloud is made of, as far as its kind has it real. */
export class LocalInstance implements FatefulInstance<LocalFate>, AsyncDisposable {
  readonly #parts: LocalParts;

  private constructor(parts: LocalParts) {
    this.#parts = parts;
  }

  static async open(kind: LocalWorldKind, seed: number, disk: DiskContent): Promise<LocalInstance> {
    const temporary = await (kind === 'in-memory' ? makeFolderInMemory() : makeTemporaryFolder());
    const imagePath = path.join(temporary.path, 'disk.img');
    await makeDisk(
      imagePath,
      disk.map(() => null),
      sizeOf(disk),
    );
    const folder = path.join(temporary.path, 'vault');
    await mkdir(folder);
    const isWithProcesses = kind === 'worker-processes';
    const clock = isWithProcesses ? new RealMachineClock() : new VirtualMachineClock();
    const transport = isWithProcesses ? 'worker' : 'direct';
    const appends = new WatchedAppends();
    const world = await openLocalWorld({
      kind,
      folder,
      clock,
      random: createSimulatedRandom(createSeededPrng(String(seed))),
      onAppend: (call) => {
        appends.note(call);
      },
    });
    const instance = new LocalInstance({
      place: { replicaRegion, transport },
      ...{ temporary, imagePath, clock, appends, world },
    });
    for (const [block, word] of disk.entries()) {
      if (word !== null) await instance.write(block, word);
    }
    await world.cloud.addInstance({
      instanceId: web,
      volumes: [{ device: deviceOf(0), imagePath }],
    });
    return instance;
  }

  get engine(): Engine {
    return this.#parts.world.engine;
  }

  get happened(): Set<string> {
    return this.#parts.appends.happened;
  }

  get sessionIds(): readonly SessionId[] {
    return this.#parts.appends.sessionIds;
  }

  now(): number {
    return this.#parts.clock.now();
  }

  setPolicy(policy: ModelPolicy): Promise<void> {
    return this.engine.setPolicy(policyOf(policy, this.#parts.place));
  }

  wait(durationMs: number): Promise<void> {
    return this.#parts.clock.pass(durationMs);
  }

  setClocks(byMs: number): void {
    this.#parts.clock.set(byMs);
  }

  async write(block: number, word: number): Promise<void> {
    const content = new Uint8Array(blockSizeBytes);
    fillWithWord(content, word);
    await writeBlock(this.#parts.imagePath, block, content);
  }

  terminate(): Promise<void> {
    return this.#parts.world.cloud.removeInstance(web);
  }

  async backUp(fate: LocalFate, backup: BackupToMeet): Promise<void> {
    const canceller = new AbortController();
    if (fate.kind === 'cancelled-at-append') {
      this.#parts.appends.after(fate.appends, () => {
        canceller.abort(new Error('enough'));
      });
    }
    const { ended } = await backup.begin(canceller.signal);
    await ended;
  }

  stateOf(sessionId: SessionId): Promise<StartedBackup> {
    return stateOfSession(this.engine, sessionId);
  }

  /** Of the cloud whatever lies in its folders, whether the cloud would list it or not. */
  async existing(named: readonly ReplicaItem[]): Promise<readonly string[]> {
    const { cloud } = this.#parts.world.layout;
    const regions = path.join(cloud, 'regions');
    const copies = (await readdir(regions)).map((region) => readdir(path.join(regions, region)));
    return existingItems(this.engine, named, {
      setIds: await readdir(path.join(cloud, 'snapshots')),
      copyIds: (await Promise.all(copies)).flat(),
    });
  }

  assertRestores(pointId: PointId, content: DiskContent): Promise<void> {
    return assertPointRestores(this.engine, pointId, { content, sizeBytes: sizeOf(content) });
  }

  /** Workers and temporary volumes that are there. */
  async helpers(): Promise<readonly string[]> {
    const { cloud } = this.#parts.world.layout;
    const [workers, volumes] = [path.join(cloud, 'workers'), path.join(cloud, 'volumes')];
    return [...(await readdir(workers)), ...(await readdir(volumes))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.world[Symbol.asyncDispose]();
    await this.#parts.temporary[Symbol.asyncDispose]();
  }
}

function sizeOf({ length }: DiskContent): number {
  return (length - 1) * blockSizeBytes + lastBlockSizeBytes;
}
