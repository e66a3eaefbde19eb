import type { HoldId, InstanceId, TimestampMs } from '../../../domain/identifiers.ts';
import type { PlacedHold, WithheldItem } from '../../../domain/instance/hold.ts';
import type { InstanceEvent } from '../../../domain/instance/instance-events.ts';
import type { ItemRef } from '../../../domain/retention/retention-plan.ts';
import { type TimelineReason, type Told, told } from './timeline-entry.ts';

/**
 * What the stream of an instance tells: what somebody said about an item or the instance, and what
 * decided between that and a session. That a session claimed or released the instance, and which tags
 * were seen, is not told: nothing happened to a snapshot or point by it.
 */
export class InstanceTeller {
  readonly #instanceId: InstanceId;
  readonly #holds = new Map<HoldId, PlacedHold>();
  readonly #expiries = new Map<string, TimestampMs | null>();

  constructor(instanceId: InstanceId) {
    this.#instanceId = instanceId;
  }

  tell({ type, data }: InstanceEvent): readonly Told[] {
    switch (type) {
      case 'HoldPlaced':
        this.#holds.set(data.holdId, data);
        return [told(data.item.kind, data.item.id, 'hold-placed', [because(data)])];
      case 'HoldReleased': {
        const hold = this.#holds.get(data.holdId);
        return hold === undefined
          ? []
          : [told(hold.item.kind, hold.item.id, 'hold-released', [because(hold)])];
      }
      case 'ExpirySet': {
        const { item, expiresAt } = data;
        this.#expiries.set(keyOf(item), expiresAt);
        return [told(item.kind, item.id, 'expiry-set', [{ kind: 'expiry', expiresAt }])];
      }
      case 'RemovalsBegun':
        return [
          ...data.withheld.map((one) =>
            told(one.item.kind, one.item.id, 'withheld', this.#whyWithheld(one)),
          ),
          ...data.items.map(({ kind, id }) => told(kind, id, 'removal-begun')),
        ];
      case 'SessionTakenOver':
        return [told('session', data.sessionId, 'taken-over')];
      case 'InstanceForgotten': {
        const { keyId } = data;
        return [
          told('instance', this.#instanceId, 'forgotten', [{ kind: 'key-destroyed', keyId }]),
        ];
      }
      case 'ParentsChanged':
      case 'TagsSeen':
      case 'SessionClaimed':
      case 'SessionReleased':
        return [];
    }
  }

  #whyWithheld({ item, holdId }: WithheldItem): readonly TimelineReason[] {
    if (holdId === null) {
      return [{ kind: 'expiry', expiresAt: this.#expiries.get(keyOf(item)) ?? null }];
    }
    const hold = this.#holds.get(holdId);
    return hold === undefined ? [] : [because(hold)];
  }
}

function because({ holdId, hold }: PlacedHold): TimelineReason {
  return { kind: 'hold', holdId, hold };
}

function keyOf({ kind, id }: ItemRef): string {
  return `${kind} ${id}`;
}
