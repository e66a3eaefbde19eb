import type { Problem } from '../../../domain/backup-session/backup-events.ts';
import type { CalendarPeriod } from '../../../domain/calendar/calendar-period.ts';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { WithheldItem } from '../../../domain/instance/hold.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { ReplicaTarget } from '../../../domain/policy/replica-target.ts';
import type { ItemRef } from '../../../domain/retention/retention-plan.ts';
import {
  choice,
  integer,
  list,
  nullable,
  object,
  type Shape,
  text,
  variants,
} from '../../../domain/shape/shape.ts';
import { eventStoreLimits } from '../../../ports/event-store.ts';
import type { TargetV1 } from '../policy-v3.ts';

/** No part of an event is longer than an event may be. */
const sizeMax = eventStoreLimits.eventSizeMaxBytes;

/** A name of something, whatever kind of name it is. */
export function id<T extends string = string>(): Shape<T> {
  return text<T>({ maxLength: sizeMax, meaning: 'a name' });
}

/** In anybody's words. */
export const words: Shape<string> = text({ minLength: 0, maxLength: sizeMax, meaning: 'a text' });

/** How many there are of something; also bytes. */
export const amount: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER);

/** A number that is counted from 1. */
export const ordinal: Shape<number> = integer(1, Number.MAX_SAFE_INTEGER);

/** As far as a JavaScript Date goes. */
export const timestamp: Shape<TimestampMs> = integer<TimestampMs>(-8.64e15, 8.64e15);

export function many<T>(of: Shape<T>): Shape<readonly T[]> {
  return list(of, { maxItems: sizeMax });
}

export const problem: Shape<Problem> = object<Problem>({ code: id(), message: words });
export const problems: Shape<readonly Problem[]> = many(problem);

export const period: Shape<CalendarPeriod> = object<CalendarPeriod>({
  amount: ordinal,
  unit: choice('days', 'weeks', 'months', 'years'),
});

export const targetV1: Shape<TargetV1> = object<TargetV1>({ region: id(), keyId: nullable(id()) });

export const replicaTarget: Shape<ReplicaTarget> = object<ReplicaTarget>({
  region: id(),
  keyId: nullable(id()),
  account: nullable(object<AccountRole>({ roleArn: id(), externalId: nullable(id()) })),
});

export const itemRef: Shape<ItemRef> = variants<ItemRef>({
  'snapshot-set': { id: id() },
  replica: { id: id() },
  'restore-point': { id: id() },
});

export const withheldItems: Shape<readonly WithheldItem[]> = many(
  object<WithheldItem>({ item: itemRef, holdId: nullable(id()) }),
);
