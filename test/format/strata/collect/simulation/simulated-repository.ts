import type {
  InstanceId,
  PointId,
  RepositoryId,
  SessionId,
  TimestampMs,
} from '../../../../../src/domain/identifiers.ts';
import { createMemoryObjectStore } from '../../../../../src/adapters/memory/object-store.ts';
import { PackMarker } from '../../../../../src/format/strata/collect/pack-marker.ts';
import { encodeHeader } from '../../../../../src/format/strata/header/repository-header.ts';
import { slotSecretOf } from '../../../../../src/format/keys/key-slot.ts';
import { writeRecoveryKey } from '../../../../../src/format/keys/recovery-key.ts';
import type { RepositorySecret } from '../../../../../src/format/repository-options.ts';
import type { PointManifest } from '../../../../../src/format/restore-point.ts';
import { deriveRepositoryKeys } from '../../../../../src/format/strata/keys/repository-keys.ts';
import { newTableSlot } from '../../../../../src/format/strata/slots/new-table-slot.ts';
import { encodeSlotTable } from '../../../../../src/format/strata/slots/slot-table.ts';
import { unlockRepository } from '../../../../../src/format/strata/slots/unlock-repository.ts';
import {
  headerObjectKey,
  parsePackKey,
  parsePointKey,
  parseRelocationClaimKey,
  parseSessionKeyKey,
  parseRemovalMarkKey,
  parseSlotTableKey,
  pointKey,
  relocationClaimKey,
  sessionKeyKey,
  slotTableKey,
} from '../../../../../src/format/strata/object/object-keys.ts';
import { rootName } from '../../../../../src/format/strata/point/current-point.ts';
import { relocationsOf } from '../../../../../src/format/strata/relocate/relocations-of.ts';
import type { Relocation } from '../../../../../src/format/strata/relocate/relocation.ts';
import { createRepositoryContext } from '../../../../../src/format/strata/repository/repository-context.ts';
import type { RepositoryContext } from '../../../../../src/format/strata/repository/repository-context.ts';
import type { Clock } from '../../../../../src/ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../../../../../src/ports/object-store.ts';
import type { SeededPrng } from '../../../../support/simulation/seeded-prng.ts';
import { createLockingObjectStore } from '../../../../support/object-store/locking-object-store.ts';
import { cheapHardness } from '../../../../support/format/cheap-strata.ts';
import { createSimulatedRandom } from '../../../../support/simulation/seeded-prng.ts';
import { createProgramStore, type DiskWitness } from './program-store.ts';
import type { InstanceContent } from './simulated-instance.ts';
import type { Program, Turns } from './turns.ts';

/** A point that came into being. */
export interface MadePoint {
  readonly pointId: PointId;
  readonly instanceId: InstanceId;
  readonly content: InstanceContent;
}

interface Needs {
  readonly packs: ReadonlySet<ObjectKey>;
  readonly sessions: ReadonlySet<SessionId>;
}

/** Of a pack's header, and of its first record: docs/strata.md. */
const dataKind = 1;
const firstContentOffset = 40 + 76;

const repositoryId = '00112233-4455-6677-8899-aabbccddeeff' as RepositoryId;
const firstMasterKey = new Uint8Array(32).fill(7);
/** Opens the repository always, and at no cost: a passphrase would have to be slow. */
export const secret: RepositorySecret = {
  kind: 'passphrase',
  passphrase: writeRecoveryKey(new Uint8Array(32).fill(8)),
};
const dayMs = 24 * 60 * 60 * 1000;

/** The disk, and somebody who sees every effect on it and knows what must never happen. */
export class SimulatedRepository {
  readonly disk: ObjectStore;
  /** Of each session the content that it reads, so that its point can be held to it. */
  readonly contents = new Map<SessionId, InstanceContent>();
  /** All that were ever made, in the order in which they were. */
  readonly made: MadePoint[] = [];
  readonly violations: string[] = [];
  /** Packs of which the first record was damaged. */
  readonly damaged = new Set<ObjectKey>();
  readonly clock: Clock = {
    now: () => (this.#nowMs += 1) as TimestampMs,
    sleep: () => Promise.reject(new Error('nothing here waits for time')),
  };
  #nowMs = 1_700_000_000_000;
  /** What is stored, for somebody whom no lock keeps from anything. */
  readonly #medium = createMemoryObjectStore();
  readonly #locks = new Map<ObjectKey, TimestampMs>();
  #direct: RepositoryContext | null = null;
  readonly #prng: SeededPrng;
  readonly #needs = new Map<ObjectKey, Needs>();

  /** @param pointDays how long points are locked; 0: they are not */
  constructor(prng: SeededPrng, pointDays: number) {
    this.#prng = prng;
    const locking = { pointDays, now: () => this.#nowMs, locks: this.#locks };
    this.disk = pointDays === 0 ? this.#medium : createLockingObjectStore(this.#medium, locking);
  }

  /** The disk itself, without turns, with the keys that there are now. */
  get direct(): RepositoryContext {
    if (this.#direct === null) throw new Error('there is no repository yet');
    return this.#direct;
  }

  /** Makes the first table of key slots, and the header. */
  async create(): Promise<void> {
    const { clock } = this;
    const createdAt = clock.now();
    const random = createSimulatedRandom(this.#prng.fork('header'));
    const place = { repositoryId, epoch: 0, masterKey: firstMasterKey };
    const maker = { random, clock, hardness: cheapHardness };
    const slot = await newTableSlot(place, slotSecretOf(secret), 'on paper', maker);
    const table = {
      ...{ repositoryId, number: 1, createdAt, epoch: 0, epochSince: createdAt, slots: [slot] },
      ...{ olderMasterKeys: [], changeIds: [] },
    };
    await this.disk.create(slotTableKey(repositoryId, 1), encodeSlotTable(table, firstMasterKey));
    const { headerKey } = deriveRepositoryKeys([firstMasterKey], repositoryId, 1);
    await this.disk.create(headerObjectKey, encodeHeader({ repositoryId, createdAt }, headerKey));
    await this.#openDirect();
  }

  async #openDirect(): Promise<void> {
    const random = createSimulatedRandom(this.#prng.fork('direct'));
    const { disk: objectStore, clock } = this;
    const keys = await unlockRepository({ objectStore, secret });
    this.#direct = createRepositoryContext({ objectStore, random, clock }, keys);
  }

  /** Time goes by for everybody. */
  pass(days: number): void {
    this.#nowMs += days * dayMs;
  }

  /** The repository as one program opens it now. */
  async openedBy(program: Program, turns: Turns): Promise<RepositoryContext> {
    const witness: DiskWitness = {
      created: (key) => this.#created(key),
      deleting: (key) => this.#deleting(key),
      deleted: (key) => this.#deleted(key),
    };
    const objectStore = createProgramStore(this.disk, turns, program, witness);
    const random = createSimulatedRandom(this.#prng.fork(program.name));
    const keys = await unlockRepository({ objectStore: this.disk, secret });
    return createRepositoryContext({ objectStore, random, clock: this.clock }, keys);
  }

  /** The points that there are now. */
  async livePoints(): Promise<readonly MadePoint[]> {
    const live: MadePoint[] = [];
    for (const point of this.made) {
      const slot = await this.direct.catalog.slotOf(point.instanceId, point.pointId);
      if (slot.kind === 'point') live.push(point);
    }
    return live;
  }

  /** Damages a block that the point needs, if its packs have one that is sound; says whether. */
  async damage(point: MadePoint): Promise<boolean> {
    const { packs } = await this.needsOf(point);
    for (const key of [...packs].sort()) {
      if (this.damaged.has(key) || (await this.disk.head(key)) === null) continue;
      const bytes = await this.disk.get(key);
      if (bytes[5] !== dataKind) continue;
      this.damaged.add(key);
      bytes[firstContentOffset] = (bytes[firstContentOffset] ?? 0) ^ 1;
      await this.#medium.delete(key);
      await this.#medium.create(key, bytes);
      return true;
    }
    return false;
  }

  async needsOf({ instanceId, pointId }: MadePoint): Promise<Needs> {
    const needs = this.#needs.get(`points/${instanceId}/${pointId}` as ObjectKey);
    return needs ?? (await this.#readNeeds(instanceId, pointId));
  }

  /** The keys of the claims whose relocation says where a map of a live point begins. */
  async relocationsInUse(): Promise<ReadonlySet<ObjectKey>> {
    const live = await this.livePoints();
    const inUse = new Set<ObjectKey>();
    for (const instanceId of new Set(this.made.map((point) => point.instanceId))) {
      const { claims, roots } = await relocationsOf(this.direct, instanceId);
      for (const claim of claims) {
        if (claim.state !== 'committed') continue;
        const isUsed = claim.relocation.volumes.some(
          ({ pointId, volumeId, root }) =>
            roots.get(rootName(pointId, volumeId)) === root &&
            live.some((point) => point.pointId === pointId),
        );
        if (isUsed) inUse.add(relocationClaimKey(claim));
      }
    }
    return inUse;
  }

  /** Whether it is a relocation that no claim leads to. */
  async isUnclaimed(key: ObjectKey): Promise<boolean> {
    const place = parsePointKey(key);
    if (place === null) return false;
    const { instanceId, pointId } = place;
    if ((await this.direct.catalog.slotOf(instanceId, pointId)).kind !== 'relocation') return false;
    return !(await this.direct.catalog.hasClaimed(instanceId, pointId));
  }

  async #created(key: ObjectKey): Promise<void> {
    if (parseSlotTableKey(key) !== null) await this.#openDirect();
    // A mark takes a relocation away as much as its removal does.
    const removed = parseRemovalMarkKey(key);
    if (removed !== null) await this.#changed(key, removed.instanceId);
    const place = parsePointKey(key);
    if (place === null) return;
    const { instanceId, pointId } = place;
    const slot = await this.direct.catalog.slotOf(instanceId, pointId);
    if (slot.kind === 'relocation') await this.#relocated(key, slot.relocation);
    if (slot.kind !== 'point') return;
    const content = this.contents.get(pointId);
    if (content === undefined) throw new Error('a point of an unknown session');
    let needs: Needs;
    try {
      needs = await this.#readNeeds(instanceId, pointId);
    } catch (error) {
      this.violations.push(`${key} was made, and its map cannot be read: ${String(error)}`);
      return;
    }
    this.#needs.set(key, needs);
    this.made.push({ instanceId, pointId, content });
    this.#assertHeld(slot.point.manifest, key, needs);
    for (const needed of [...needs.packs, ...[...needs.sessions].map(sessionKeyKey)]) {
      if ((await this.disk.head(needed)) !== null) continue;
      this.violations.push(`${key} was made without ${needed}, which is gone`);
    }
  }

  async #deleting(key: ObjectKey): Promise<void> {
    const session = parseSessionKeyKey(key);
    if (parsePackKey(key) === null && session === null) return;
    for (const [point, { packs, sessions }] of this.#needs) {
      const isNeeded = packs.has(key) || (session !== null && sessions.has(session));
      if (!isNeeded) continue;
      const place = parsePointKey(point);
      if (place === null) continue;
      const slot = await this.direct.catalog.slotOf(place.instanceId, place.pointId);
      if (slot.kind === 'point') this.violations.push(`${key} is removed, and ${point} needs it`);
    }
  }

  /** Every point that it moves is all there in its new place. */
  async #relocated(key: ObjectKey, { instanceId, volumes }: Relocation): Promise<void> {
    for (const pointId of new Set(volumes.map((volume) => volume.pointId))) {
      const slot = await this.direct.catalog.slotOf(instanceId, pointId);
      if (slot.kind !== 'point') continue;
      try {
        const needs = await this.#readNeeds(instanceId, pointId);
        this.#needs.set(pointKey(instanceId, pointId), needs);
        for (const pack of needs.packs) {
          if ((await this.disk.head(pack)) !== null) continue;
          this.violations.push(`${key} leads ${pointId} to ${pack}, which is gone`);
        }
        this.#assertHeld(slot.point.manifest, key, needs);
      } catch (error) {
        this.violations.push(`${key} leads ${pointId} astray: ${String(error)}`);
      }
    }
  }

  /** Where points are locked: from its first moment on all that a point needs is so until its date. */
  #assertHeld({ lockedUntil }: PointManifest, key: ObjectKey, { packs, sessions }: Needs): void {
    if (lockedUntil === undefined) return;
    const needed = [key, headerObjectKey, ...packs, ...[...sessions].map(sessionKeyKey)];
    for (const each of needed) {
      if ((this.#locks.get(each) ?? 0) >= lockedUntil) continue;
      this.violations.push(`${each} is not held until the date of what ${key} makes`);
    }
  }

  /** What tells of relocations goes only when nothing depends on it. */
  async #deleted(key: ObjectKey): Promise<void> {
    const instanceId = parseRelocationClaimKey(key)?.instanceId ?? parsePointKey(key)?.instanceId;
    if (instanceId !== undefined) await this.#changed(key, instanceId);
  }

  async #changed(key: ObjectKey, instanceId: InstanceId): Promise<void> {
    for (const point of await this.livePoints()) {
      const before = this.#needs.get(pointKey(instanceId, point.pointId));
      if (before === undefined || point.instanceId !== instanceId) continue;
      let packs: ReadonlySet<ObjectKey>;
      try {
        ({ packs } = await this.#readNeeds(instanceId, point.pointId));
      } catch (error) {
        this.violations.push(`${point.pointId} is lost since ${key}: ${String(error)}`);
        continue;
      }
      if (packs.symmetricDifference(before.packs).size === 0) continue;
      this.violations.push(`${point.pointId} is in another place since ${key}`);
    }
  }

  async #readNeeds(instanceId: InstanceId, pointId: PointId): Promise<Needs> {
    const slot = await this.direct.catalog.slotOf(instanceId, pointId);
    if (slot.kind !== 'point') throw new Error('the point is there');
    const fresh = createRepositoryContext(this.direct, this.direct.keys);
    const marker = new PackMarker(fresh.nodeReader);
    const { volumes } = await fresh.catalog.current(slot.point);
    for (const { root } of volumes) await marker.markMap(root);
    return { packs: new Set(marker.packs.keys()), sessions: marker.sessions };
  }
}
