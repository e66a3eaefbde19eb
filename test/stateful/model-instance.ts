import type { DiskContent } from '../support/simulation/cloud/disk-content.ts';

/*
 * What one instance has, as a person with a pencil would keep the books: written from
 * docs/retention.md, and sharing neither code nor types of data with the domain. Facts (what a session
 * made, when) come from outside; what stays and what goes is decided here.
 */

export interface ModelPolicy {
  /** Null: no such rule. One of the two is there. */
  readonly count: number | null;
  readonly days: number | null;
  readonly image: 'on' | 'off';
  readonly cbt: 'on' | 'off';
  readonly baseMoves: 'before-retention' | 'after-retention';
  /** Replicas that are kept; null: none are made. */
  readonly replicas: number | null;
  /** Points that are kept; null: all. */
  readonly points: number | null;
}

export interface ModelItem {
  readonly kind: 'snapshot-set' | 'replica' | 'restore-point';
  readonly id: string;
  readonly sessionId: string;
  readonly takenAt: number;
  readonly isComplete: boolean;
  readonly isManual: boolean;
  expiresAt: number | null;
  /** Of a point: it left the chain. */
  hasLeft: boolean;
  holds: ModelHold[];
  /** Of a point: what the disk held. */
  readonly content: DiskContent;
}

export interface ModelHold {
  readonly holdId: string;
  /** Null: until it is released. */
  readonly until: number | null;
}

/** What a session has made, and when it decided retention: the facts. */
export interface SessionFacts {
  readonly sessionId: string;
  readonly origin: 'policy' | 'manual';
  readonly expiresAt: number | null;
  readonly set: {
    readonly id: string;
    readonly takenAt: number;
    readonly isComplete: boolean;
  } | null;
  readonly replicas: readonly { readonly id: string; readonly state: 'completed' | 'torn' }[];
  readonly pointId: string | null;
  readonly decidedAt: number | null;
  readonly content: DiskContent;
}

export class ModelInstance {
  policy: ModelPolicy | null = null;
  /** Days after which what no policy rules over goes; null: never. */
  obsoleteDays: number | null = null;
  disk: DiskContent = [1, null, 2];
  isInCloud = true;
  lastRetentionAt: number | null = null;
  items: ModelItem[] = [];
  /** The sets that points were read from, in the order of the commits. */
  readonly commits: {
    readonly sessionId: string;
    readonly setId: string;
    readonly pointId: string;
  }[] = [];

  /** What the next image-level session can compare with: the last committed set, if it is there. */
  get base(): ModelItem | null {
    const last = this.commits.at(-1);
    return this.items.find(({ id }) => id === last?.setId) ?? null;
  }

  get parent(): ModelItem | null {
    return this.#of('restore-point').findLast(({ hasLeft }) => !hasLeft) ?? null;
  }

  record(facts: SessionFacts): void {
    const { sessionId, expiresAt, content, set, pointId } = facts;
    const isManual = facts.origin === 'manual';
    if (set !== null) {
      const { takenAt } = set;
      const make = (kind: ModelItem['kind'], id: string, isComplete: boolean): void => {
        const common = {
          sessionId,
          takenAt,
          isManual,
          expiresAt,
          hasLeft: false,
          holds: [],
          content,
        };
        this.items.push({ kind, id, isComplete, ...common });
      };
      make('snapshot-set', set.id, set.isComplete);
      for (const { id, state } of facts.replicas) make('replica', id, state === 'completed');
      if (pointId !== null) {
        make('restore-point', pointId, true);
        this.commits.push({ sessionId, setId: set.id, pointId });
      }
    }
    if (facts.decidedAt !== null) this.applyRetention(facts.decidedAt, sessionId);
  }

  applyRetention(now: number, during: string | null): void {
    const { gone, leaving } = this.wouldGo(now, during);
    for (const item of this.items) if (leaving.includes(item.id)) item.hasLeft = true;
    this.items = this.items.filter(({ id }) => !gone.includes(id));
    this.lastRetentionAt = now;
  }

  /** What retention would remove at this moment, and which points would leave the chain. */
  wouldGo(now: number, during: string | null): { gone: string[]; leaving: string[] } {
    const gone: string[] = [];
    const leaving: string[] = [];
    for (const item of this.items) {
      const isHeld = item.holds.some(({ until }) => until === null || now < until);
      if (item.kind === 'restore-point') {
        const leaves = !item.hasLeft && !this.#isKept(item, now, during);
        if (leaves) leaving.push(item.id);
        const isPutOff = item.isManual && (item.expiresAt === null || now < item.expiresAt);
        if ((leaves || item.hasLeft) && !isHeld && !isPutOff) gone.push(item.id);
      } else if (!isHeld && !this.#isKept(item, now, during)) gone.push(item.id);
    }
    return { gone, leaving };
  }

  #isKept(item: ModelItem, now: number, during: string | null): boolean {
    return this.#isPinned(item, during) || this.#isKeptByRule(item, now);
  }

  #isPinned(item: ModelItem, during: string | null): boolean {
    const { policy } = this;
    if (policy === null) return false;
    switch (item.kind) {
      case 'snapshot-set': {
        if (policy.image === 'off' || policy.cbt === 'off') return false;
        const pinned = [this.commits.at(-1)];
        if (policy.baseMoves === 'after-retention' && during !== null) {
          pinned.push(this.commits.findLast(({ sessionId }) => sessionId !== during));
        }
        return pinned.some((commit) => commit?.setId === item.id);
      }
      case 'replica': {
        const newest = this.#of('replica').findLast(({ isComplete }) => isComplete);
        return policy.replicas !== null && newest === item;
      }
      case 'restore-point':
        return policy.image === 'on' && this.parent === item;
    }
  }

  #isKeptByRule(item: ModelItem, now: number): boolean {
    if (item.isManual) return item.expiresAt === null || now < item.expiresAt;
    if (!item.isComplete) return false;
    const { policy } = this;
    const isYounger = (days: number): boolean => now < item.takenAt + days * 86_400_000;
    if (policy === null || (item.kind === 'replica' && policy.replicas === null)) {
      return this.obsoleteDays === null || isYounger(this.obsoleteDays);
    }
    const isAmongNewest = (count: number): boolean =>
      this.#of(item.kind)
        .filter(({ isManual, isComplete, hasLeft }) => !isManual && isComplete && !hasLeft)
        .toReversed()
        .slice(0, count)
        .includes(item);
    switch (item.kind) {
      case 'snapshot-set':
        return (
          (policy.count !== null && isAmongNewest(policy.count)) ||
          (policy.days !== null && isYounger(policy.days))
        );
      case 'replica':
        return isAmongNewest(policy.replicas ?? 0);
      case 'restore-point':
        return policy.points === null || isAmongNewest(policy.points);
    }
  }

  #of(kind: ModelItem['kind']): readonly ModelItem[] {
    return this.items.filter((item) => item.kind === kind);
  }
}
