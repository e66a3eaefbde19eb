import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { TransferPlanRef } from '../../transfer-plan.ts';

/** The names of all objects of a repository; docs/qcow2.md, "Objects". */
export const objectKeys = {
  registrations: 'sessions/',
  registration: (sessionId: SessionId) => `sessions/${sessionId}` as ObjectKey,

  control: (sessionId: SessionId) => `control/${sessionId}/`,
  planPage: (plan: TransferPlanRef, number: number) =>
    `${planPrefix(plan)}/${padded(number)}` as ObjectKey,
  planSummary: (plan: TransferPlanRef) => `${planPrefix(plan)}/summary` as ObjectKey,
  segment: ({ sessionId, planId }: TransferPlanRef, attempt: number, number: number) =>
    `control/${sessionId}/segments-${planId}/${attempt}-${padded(number)}` as ObjectKey,

  allParts: 'packs/',
  parts: (sessionId: SessionId) => `packs/${sessionId}/`,
  part: ({ sessionId, planId }: TransferPlanRef, attempt: number, number: number) =>
    `packs/${sessionId}/${planId}-${attempt}-${padded(number)}` as ObjectKey,
  /** `token`: fresh for each image that its records are stored anew for. */
  copiedPart: (sessionId: SessionId, token: string, number: number) =>
    `packs/${sessionId}/${token}-${padded(number)}` as ObjectKey,

  allImages: 'images/',
  images: (sessionId: SessionId) => `images/${sessionId}/`,
  /** `token`: fresh for each attempt to write the image. */
  image: (sessionId: SessionId, token: string) => `images/${sessionId}/${token}` as ImagePlace,
  description: (place: ImagePlace) => `${place}/image` as ObjectKey,
  indexPage: (place: ImagePlace, number: number) => `${place}/index-${padded(number)}` as ObjectKey,
  head: (place: ImagePlace) => `${place}/head` as ObjectKey,
  padding: (place: ImagePlace) => `${place}/padding` as ObjectKey,
  tables: (place: ImagePlace, number: number) => `${place}/tables-${padded(number)}` as ObjectKey,
  partList: (place: ImagePlace) => `${place}/parts` as ObjectKey,

  points: (instanceId?: InstanceId) =>
    instanceId === undefined ? 'points/' : `points/${instanceId}/`,
  point: (instanceId: InstanceId, sessionId: SessionId) =>
    `points/${instanceId}/${sessionId}` as ObjectKey,
  removals: (instanceId?: InstanceId) =>
    instanceId === undefined ? 'removed/' : `removed/${instanceId}/`,
  removal: (instanceId: InstanceId, sessionId: SessionId) =>
    `removed/${instanceId}/${sessionId}` as ObjectKey,
  merges: (instanceId?: InstanceId) =>
    instanceId === undefined ? 'merges/' : `merges/${instanceId}/`,
  merge: (instanceId: InstanceId, number: number) =>
    `merges/${instanceId}/${padded(number)}` as ObjectKey,
} as const;

/** What the keys of an image's objects begin with, up to a `/`. */
export type ImagePlace = `images/${string}/${string}`;

/** The session in the key of a part, an image, a registration, a mailbox, a point or a mark. */
export function sessionInKey(key: string): SessionId | null {
  const [kind, first, second] = key.split('/');
  const session = kind === 'points' || kind === 'removed' ? second : first;
  return session === undefined ? null : (session as SessionId);
}

/** The instance in the key of a point, a mark or a merge. */
export function instanceInKey(key: string): InstanceId {
  return (key.split('/')[1] ?? '') as InstanceId;
}

const numberWidth = 8;

/** So that the order of the names is that of the numbers. */
function padded(number: number): string {
  return String(number).padStart(numberWidth, '0');
}

function planPrefix({ sessionId, planId }: TransferPlanRef): string {
  return `control/${sessionId}/plan-${planId}`;
}
