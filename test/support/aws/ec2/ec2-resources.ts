import { AwsError } from '../aws-service.ts';

export interface Ec2Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What every resource of the fake has. */
export interface Ec2Resource {
  readonly id: string;
  /** The account that it is in. */
  readonly ownerId: string;
  readonly madeAtMs: number;
  /** When listings show it: EC2 is eventually consistent. */
  readonly visibleAtMs: number;
  tags: readonly Ec2Tag[];
}

export interface FakeSnapshot extends Ec2Resource {
  readonly region: string;
  readonly volumeId: string;
  readonly sizeGib: number;
  /** As the request that made it has it; nothing changes it afterwards. */
  readonly description: string;
  /** Until then it is pending. */
  completesAtMs: number;
  /** Why it ends in `error`, if it does. */
  failure: string | null;
  /** Default: standard. In the archive its blocks cannot be read, nor volumes be made of it. */
  tier?: 'archive';
  /** Why it cannot be deleted, as a code of AWS. */
  heldBy: string | null;
  /** Of a copy. */
  readonly keyId: string | null;
  /** Whether others can be given to read it: not what is encrypted with the default key of EBS. */
  sharing: 'possible' | 'impossible';
  /** Other accounts that may read it, and from when on they see it. */
  readonly readers: Map<string, number>;
  /** The file with its content, which goes with it; null: EBS direct has written it. */
  readonly imagePath: string | null;
  /** Its blocks, of one that is written by EBS direct. */
  readonly written?: ReadonlyMap<number, Uint8Array>;
  /** Done when it is deleted. */
  readonly discard: () => Promise<void>;
}

export interface FakeAttachment {
  readonly instanceId: string;
  readonly device: string;
  readonly attachedAtMs: number;
  /** Default: it survives the end of its instance. */
  readonly deleteOnTermination?: boolean;
}

export interface FakeVolume extends Ec2Resource {
  readonly sizeGib: number;
  readonly snapshotId: string;
  readonly availabilityZone: string;
  readonly volumeType: string;
  readonly availableAtMs: number;
  /** Whether it came to nothing: its key is gone. */
  hasFailed?: boolean;
  /** Default: nothing is said of it. */
  isEncrypted?: boolean;
  keyId?: string;
  /** Default: nothing is said of them. */
  iops?: number;
  throughput?: number;
  /** The file with its content, of one that was made of another snapshot, and is not in the local cloud. */
  readonly imagePath?: string;
  /** Of one that was made of a snapshot which EBS direct has written. */
  readonly written?: ReadonlyMap<number, Uint8Array>;
  readonly discard: () => Promise<void>;
  attachment: FakeAttachment | null;
  /** Other instances, of one with multi-attach. */
  alsoAttachedTo?: readonly string[];
  /** From then on it is `deleting`; listings show it for a while. */
  deletedAtMs: number | null;
}

export interface FakeInstance extends Ec2Resource {
  readonly region: string;
  readonly clientToken: string | null;
  readonly rootDevice: string;
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly subnetId: string;
  runningAtMs: number;
  /** Of the marketplace. */
  productCodes: readonly string[];
  readonly userData: Uint8Array;
  /** The requested options, so that a test can look at them. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Since when it is stopped, or will be; null: it is not. Of instances that are backed up. */
  stoppedAtMs: number | null;
  /** The machine of a worker in the local cloud; null for an instance that is backed up. */
  readonly machineId: string | null;
  terminatedAtMs: number | null;
  terminationReason: string | null;
}

export interface FakeImage extends Ec2Resource {
  readonly region: string;
  readonly name: string;
  readonly rootDevice: string;
  readonly rootSnapshotId: string;
  /** The requested options, so that a test can look at them. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** The resources of one kind, by their ids. */
export class Ec2Table<Resource extends Ec2Resource> {
  readonly #byId: Map<string, Resource>;
  readonly #notFoundCode: string;
  readonly #now: () => number;
  /** Null: of all accounts. */
  readonly #ownerId: string | null;

  constructor(
    notFoundCode: string,
    now: () => number,
    byId = new Map<string, Resource>(),
    ownerId: string | null = null,
  ) {
    this.#notFoundCode = notFoundCode;
    this.#now = now;
    this.#byId = byId;
    this.#ownerId = ownerId;
  }

  /** What one account has of it. */
  of(ownerId: string): Ec2Table<Resource> {
    return new Ec2Table(this.#notFoundCode, this.#now, this.#byId, ownerId);
  }

  add(resource: Resource): void {
    this.#byId.set(resource.id, resource);
  }

  remove(id: string): void {
    this.#byId.delete(id);
  }

  /** All of them, also what listings do not show yet. */
  all(): readonly Resource[] {
    return [...this.#byId.values()].filter((one) => this.#isSeen(one));
  }

  /** What listings show. */
  visible(): readonly Resource[] {
    const now = this.#now();
    return this.all().filter(({ visibleAtMs }) => visibleAtMs <= now);
  }

  find(id: string): Resource | undefined {
    const found = this.#byId.get(id);
    return found !== undefined && this.#isSeen(found) ? found : undefined;
  }

  #isSeen({ ownerId }: Resource): boolean {
    return this.#ownerId === null || this.#ownerId === ownerId;
  }

  /** @throws AwsError `Invalid….NotFound`, also for one that is not visible yet */
  require(id: string): Resource {
    const found = this.find(id);
    if (found !== undefined && found.visibleAtMs <= this.#now()) return found;
    throw new AwsError(this.#notFoundCode, 400, `The ID '${id}' does not exist`);
  }
}
