import type { Hold } from '../../../domain/instance/hold.ts';
import type { InstanceEvent } from '../../../domain/instance/instance-events.ts';
import type { InstanceTag } from '../../../domain/policy/instance-selection.ts';
import { nullable, object, variants } from '../../../domain/shape/shape.ts';
import { id, itemRef, many, timestamp, withheldItems, words } from './event-fields.ts';
import type { ShapesOf } from './shapes-of.ts';

export const instanceShapes: ShapesOf<InstanceEvent> = {
  TagsSeen: object({ tags: many(object<InstanceTag>({ key: words, value: words })) }),
  SessionClaimed: object({ sessionId: id(), engineId: id() }),
  SessionTakenOver: object({ sessionId: id(), engineId: id() }),
  SessionReleased: object({ sessionId: id() }),
  HoldPlaced: object({
    holdId: id(),
    item: itemRef,
    hold: variants<Hold>({ 'legal-hold': { note: words }, lock: { until: timestamp } }),
    placedAt: timestamp,
  }),
  HoldReleased: object({ holdId: id(), releasedAt: timestamp }),
  ExpirySet: object({ item: itemRef, expiresAt: nullable(timestamp), setAt: timestamp }),
  RemovalsBegun: object({ sessionId: id(), items: many(itemRef), withheld: withheldItems }),
};
