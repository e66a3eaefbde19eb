import type { Shape } from '../../../domain/shape/shape.ts';
import type { DomainEvent } from '../domain-event.ts';

/** What the data of each type of event look like, exactly: the compiler refuses every difference. */
export type ShapesOf<Event extends DomainEvent> = {
  readonly [Type in Event['type']]: Shape<Extract<Event, { readonly type: Type }>['data']>;
};
