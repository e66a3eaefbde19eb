import type { RecordedHold } from '../../../domain/instance/hold.ts';
import type { InstanceEvent } from '../../../domain/instance/instance-events.ts';
import type { InstanceTag } from '../../../domain/policy/instance-selection.ts';
import { nullable, object, sensitive, type Shape, variants } from '../../../domain/shape/shape.ts';
import { id, itemRef, many, timestamp, withheldItems, words } from './event-fields.ts';
import type { ShapesOf } from './shapes-of.ts';

/** Whatever the version. */
export const tagList: Shape<readonly InstanceTag[]> = many(
  object<InstanceTag>({ key: words, value: words }),
);

export const instanceShapes: ShapesOf<InstanceEvent> = {
  TagsSeen: object({ tags: sensitive(tagList) }),
  SessionClaimed: object({ sessionId: id(), engineId: id() }),
  SessionTakenOver: object({ sessionId: id(), engineId: id() }),
  SessionReleased: object({ sessionId: id() }),
  HoldPlaced: object({
    holdId: id(),
    item: itemRef,
    hold: variants<RecordedHold>({
      'legal-hold': { note: sensitive(words) },
      lock: { until: timestamp },
    }),
    placedAt: timestamp,
  }),
  HoldReleased: object({ holdId: id(), releasedAt: timestamp }),
  ExpirySet: object({ item: itemRef, expiresAt: nullable(timestamp), setAt: timestamp }),
  ParentsChanged: object({
    sessionId: id(),
    pointId: id(),
    parents: many(id()),
    changedAt: timestamp,
  }),
  RemovalsBegun: object({ sessionId: id(), items: many(itemRef), withheld: withheldItems }),
  InstanceForgotten: object({ forgottenAt: timestamp, keyId: nullable(id()) }),
};
