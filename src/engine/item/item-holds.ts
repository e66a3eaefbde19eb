import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { HoldId, InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import { type Hold, isInForce, recordHold } from '../../domain/instance/hold.ts';
import type { InstanceState } from '../../domain/instance/instance-state.ts';
import type { HistoryItem } from '../../domain/retention/history-items.ts';
import type { InstanceHistory } from '../../domain/retention/instance-history.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { InstanceClaims, UnreadableInstance } from '../instance/instance-claims.ts';
import { loadHistory } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { findByPrefix } from '../session/find-by-prefix.ts';
import type { FoundItem } from './found-item.ts';
import type { FoundHold, HoldList, ListedHold } from './listed-hold.ts';

export interface ItemHoldsOptions {
  readonly ledger: Ledger;
  readonly claims: InstanceClaims;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/**
 * Holds on items, and expiries of those made by hand. They can be placed while a session runs: the
 * instance's stream decides which came first, the hold or the removal.
 */
export class ItemHolds {
  readonly #options: ItemHoldsOptions;

  constructor(options: ItemHoldsOptions) {
    this.#options = options;
  }

  /** @throws UNKNOWN_ITEM, ITEM_BEING_REMOVED, INVALID_ARGUMENT, LIMIT_EXCEEDED */
  async place({ instanceId, item }: FoundItem, hold: Hold): Promise<ListedHold> {
    const { claims, clock, random } = this.#options;
    const holdId = random.uuid() as HoldId;
    const now = clock.now();
    await claims.decide(instanceId, { type: 'PlaceHold', holdId, item, hold, now }, async () => {
      await this.#requireItem(instanceId, item);
    });
    return { instanceId, holdId, item, hold: recordHold(hold), placedAt: now };
  }

  /** @throws UNKNOWN_HOLD; HOLD_IN_FORCE for a lock whose time is not over */
  async release(instanceId: InstanceId, holdId: HoldId): Promise<void> {
    const { claims, clock } = this.#options;
    await claims.decide(instanceId, { type: 'ReleaseHold', holdId, now: clock.now() });
  }

  /**
   * Those that still forbid something.
   *
   * @param only narrows it to one instance
   * @throws UNKNOWN_EVENT, LEDGER_CORRUPT, SENSITIVE_KEY_DAMAGED when that one cannot be read
   */
  async inForce(only?: InstanceId): Promise<HoldList> {
    const { claims, clock } = this.#options;
    const now = clock.now();
    const { states, unreadable } =
      only === undefined
        ? await claims.states('opened')
        : { states: new Map([[only, await claims.stateOf(only, 'opened')]]), unreadable: [] };
    return { holds: holdsInForce(states, now), unreadable };
  }

  /**
   * Notes are not looked at, so that a hold can be released whose note cannot be read. While there are
   * instances that cannot be read, only a whole id is known to mean one hold.
   *
   * @throws UNKNOWN_HOLD, AMBIGUOUS_ID, INVALID_ARGUMENT; UNKNOWN_EVENT, LEDGER_CORRUPT when it may be one
   *   that cannot be read
   */
  async find(prefix: string): Promise<FoundHold> {
    const { claims, clock } = this.#options;
    const { states, unreadable } = await claims.states();
    const holds = holdsInForce(states, clock.now());
    const id = findByPrefix(
      prefix,
      holds.map(({ holdId }) => holdId),
      'hold',
    );
    const found = holds.find(({ holdId }) => holdId === id);
    const [unread] = unreadable;
    if (unread !== undefined && found?.holdId !== prefix) throw mayBeOf(unread, prefix, found);
    if (found !== undefined) {
      const { instanceId, holdId, item, placedAt } = found;
      return { instanceId, holdId, item, placedAt };
    }
    throw new SnapledgerError('UNKNOWN_HOLD', `there is no hold '${prefix}' in force`, {
      remedy: `'snapledger hold list' lists them.`,
    });
  }

  /** @throws UNKNOWN_ITEM, ITEM_BEING_REMOVED; INVALID_ARGUMENT for an item of a policy */
  async setExpiry({ instanceId, item }: FoundItem, expiresAt: TimestampMs | null): Promise<void> {
    const { claims, clock } = this.#options;
    const now = clock.now();
    if (expiresAt !== null && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        'an item cannot be made to expire in the past',
        {
          remedy: 'Give a later time, or none.',
        },
      );
    }
    await claims.decide(instanceId, { type: 'SetExpiry', item, expiresAt, now }, async () => {
      const { origin } = await this.#requireItem(instanceId, item);
      if (origin === 'manual') return;
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `${item.kind} ${item.id} was made by a policy, whose rules say when it expires`,
        { remedy: 'Change the policy, or place a hold.' },
      );
    });
  }

  /**
   * After the instance's stream was loaded: what is removed from then on is announced there first.
   *
   * @throws UNKNOWN_ITEM
   */
  async #requireItem(instanceId: InstanceId, item: ItemRef): Promise<HistoryItem<string>> {
    const history = await loadHistory(this.#options.ledger, instanceId);
    const found = itemsOfKind(history, item.kind).find(({ id }) => id === item.id);
    if (found !== undefined) return found;
    throw new SnapledgerError('UNKNOWN_ITEM', `${item.kind} ${item.id} exists no more`, {
      remedy: `'snapledger why ${item.id}' tells what became of it.`,
    });
  }
}

function holdsInForce(
  states: ReadonlyMap<InstanceId, InstanceState>,
  now: TimestampMs,
): readonly ListedHold[] {
  return [...states]
    .flatMap(([instanceId, { holds }]) =>
      holds.filter(({ hold }) => isInForce(hold, now)).map((one) => ({ instanceId, ...one })),
    )
    .sort((a, b) => a.placedAt - b.placedAt);
}

/** @param found a hold whose id begins so */
function mayBeOf(
  { instanceId, error }: UnreadableInstance,
  prefix: string,
  found: ListedHold | undefined,
): SnapledgerError {
  const { code, message, details } = error;
  const what =
    found === undefined
      ? `there is no hold '${prefix}' in force, unless instance '${instanceId}' has it, which cannot be read`
      : `'${prefix}' may also be a hold of instance '${instanceId}', which cannot be read`;
  const remedy = found === undefined ? error.remedy : `Give the whole id: ${found.holdId}.`;
  return new SnapledgerError(code, `${what}: ${message}`, {
    cause: error,
    details,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function itemsOfKind(
  { sets, replicas, points }: InstanceHistory,
  kind: ItemRef['kind'],
): readonly HistoryItem<string>[] {
  switch (kind) {
    case 'snapshot-set':
      return sets;
    case 'replica':
      return replicas;
    case 'restore-point':
      return points;
  }
}
