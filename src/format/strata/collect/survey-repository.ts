import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectInfo, ObjectKey } from '../../../ports/object-store.ts';
import type { OpenWriter } from '../../collection.ts';
import {
  allPacksPrefix,
  parsePackKey,
  parsePointKey,
  parseRegistrationKey,
  parseRemovalMarkKey,
  parseSessionKeyKey,
  pointKey,
  pointsPrefix,
  registrationsPrefix,
  removalMarkKey,
  sessionKeysPrefix,
} from '../object/object-keys.ts';
import { currentPoint, type CurrentPoint, type CurrentRoots } from '../point/current-point.ts';
import { MapFollower } from '../point/map-follower.ts';
import type { Relocation } from '../relocate/relocation.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { mailboxSessions } from '../../mailbox-sessions.ts';
import { registeredWriter } from './open-writers.ts';
import type { PackMarker } from './pack-marker.ts';
import { SessionEnds } from './session-ends.ts';
import {
  isOfRemovedPoints,
  type Mover,
  moverOf,
  surveyRelocations,
  type UselessRelocations,
} from './survey-relocations.ts';

export interface SurveyedPack {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
  readonly sessionId: SessionId;
}

/** What is stored, who needs it, and who may still come to need it. */
export interface Survey {
  readonly packs: readonly SurveyedPack[];
  /** Packs that a point needs. */
  readonly neededPacks: Pick<ReadonlySet<ObjectKey>, 'has'>;
  /** Sessions whose records a point needs. */
  readonly neededSessions: ReadonlySet<SessionId>;
  readonly openWriters: ReadonlyMap<SessionId, OpenWriter>;
  readonly ends: SessionEnds;
  /** Sessions of which there is a data key, a registration, a mailbox; ended ones included. */
  readonly keyedSessions: readonly SessionId[];
  readonly registeredSessions: readonly SessionId[];
  readonly mailboxSessions: readonly SessionId[];
  /** Manifests and tombstones whose point was removed. */
  readonly removedManifests: readonly ObjectKey[];
  readonly uselessRelocations: UselessRelocations;
  /** Relocations that say where maps begin, by the keys of their objects. */
  readonly relocationsInUse: ReadonlySet<ObjectKey>;
}

/**
 * Looks at everything that matters to a collection. The order is what makes it right: a session
 * registers before it writes anything and ends under `points/` before its registration goes. So
 * data is listed first, then registrations, then ends: data whose session is neither registered
 * nor ended was left by nobody that follows the format.
 *
 * @throws COLLECTION_BLOCKED when a point is damaged such that what it needs cannot be told;
 *   STORE_UNAVAILABLE, and the signal's reason
 */
export async function surveyRepository(
  context: RepositoryContext,
  marker: PackMarker,
  signal: AbortSignal | undefined,
): Promise<Survey> {
  const { objectStore } = context;
  const packs: SurveyedPack[] = [];
  for await (const { key, sizeBytes } of objectStore.list(allPacksPrefix)) {
    signal?.throwIfAborted();
    const pack = parsePackKey(key);
    if (pack !== null) packs.push({ key, sizeBytes, sessionId: pack.sessionId });
  }
  const keyedSessions = await sessionsOf(objectStore.list(sessionKeysPrefix), parseSessionKeyKey);
  const withMailbox = await mailboxSessions(objectStore);
  const registeredSessions = await sessionsOf(
    objectStore.list(registrationsPrefix),
    parseRegistrationKey,
  );
  const registered = await registrationsOf(context, registeredSessions);
  const points = await surveyPoints(context, marker, signal);
  const open = registered.filter((one) => !points.ends.hasEnded(one.sessionId, one.instanceId));
  return {
    packs,
    neededPacks: marker.packs,
    neededSessions: marker.sessions,
    openWriters: new Map(open.map((one) => [one.sessionId, one])),
    keyedSessions,
    registeredSessions,
    mailboxSessions: withMailbox,
    ...points,
  };
}

async function sessionsOf(
  listing: AsyncIterable<ObjectInfo>,
  parse: (key: string) => SessionId | null,
): Promise<readonly SessionId[]> {
  const sessions: SessionId[] = [];
  for await (const { key } of listing) {
    const sessionId = parse(key);
    if (sessionId !== null) sessions.push(sessionId);
  }
  return sessions;
}

async function registrationsOf(
  context: RepositoryContext,
  sessions: readonly SessionId[],
): Promise<readonly OpenWriter[]> {
  const registered: OpenWriter[] = [];
  for (const sessionId of sessions) {
    // One that was closed since it was listed is found to have ended under `points/`.
    const writer = await registeredWriter(context, sessionId);
    if (writer !== null) registered.push(writer);
  }
  return registered;
}

type PointSurvey = Pick<
  Survey,
  'ends' | 'removedManifests' | 'uselessRelocations' | 'relocationsInUse'
>;

/**
 * Lists first, then reads: a relocation that is made in between is of a session that had not ended
 * when its place was listed, so nothing of it is taken for useless.
 */
async function surveyPoints(
  context: RepositoryContext,
  marker: PackMarker,
  signal: AbortSignal | undefined,
): Promise<PointSurvey> {
  const { places, marks, removedManifests } = await listPlaces(context, signal);
  const ends = new SessionEnds();
  for (const { instanceId, pointId } of marks) ends.note(instanceId, pointId, 'committed');
  const marked = new Set(marks.map((mark) => pointKey(mark.instanceId, mark.pointId)));
  const relocations = await surveyRelocations(context, marked, signal);
  const damaged: string[] = relocations.damaged.map((key) => `${key}, which says where maps begin`);
  const replaced: Mover[] = [...relocations.useless.replaced];
  for (const { instanceId, pointId } of places) {
    signal?.throwIfAborted();
    const objectKey = pointKey(instanceId, pointId);
    const roots = relocations.rootsOf(instanceId);
    const outcome = await markPlace(context, marker, { instanceId, pointId }, roots);
    const isClaimant = relocations.claimants.has(objectKey);
    if (outcome.kind === 'damaged' && !isClaimant) damaged.push(`restore point ${pointId}`);
    if (outcome.kind === 'relocation' && !isClaimant) {
      const { relocation } = outcome;
      if (isOfRemovedPoints(relocation, marked)) replaced.push(moverOf(relocation));
      else {
        damaged.push(`${objectKey}, which says where maps begin and of which the claim is gone`);
      }
    }
    ends.note(instanceId, pointId, outcome.kind === 'discarded' ? 'discarded' : 'committed');
  }
  if (damaged.length > 0) throw blocked(damaged);
  const { useless, inUse } = relocations;
  const uselessRelocations = { ...useless, replaced };
  return { ends, removedManifests, uselessRelocations, relocationsInUse: inUse };
}

interface Place {
  readonly instanceId: InstanceId;
  readonly pointId: PointId;
}

interface ListedPlaces {
  /** Points, tombstones and relocations without a removal mark. */
  readonly places: readonly Place[];
  readonly marks: readonly Place[];
  readonly removedManifests: readonly ObjectKey[];
}

async function listPlaces(
  { objectStore, catalog }: RepositoryContext,
  signal: AbortSignal | undefined,
): Promise<ListedPlaces> {
  const places: Place[] = [];
  const marks: Place[] = [];
  const removedManifests: ObjectKey[] = [];
  for await (const { key } of objectStore.list(pointsPrefix)) {
    signal?.throwIfAborted();
    const mark = parseRemovalMarkKey(key);
    if (mark === null) {
      const place = parsePointKey(key);
      if (place !== null) places.push(place);
      continue;
    }
    // A mark comes right after the manifest that it removes.
    const last = places.at(-1);
    const isBeside = last !== undefined && key === removalMarkKey(last.instanceId, last.pointId);
    if (isBeside && (await catalog.isMarkedInVain(last.instanceId, last.pointId))) continue;
    marks.push(mark);
    if (!isBeside) continue;
    removedManifests.push(pointKey(last.instanceId, last.pointId));
    places.pop();
  }
  return { places, marks, removedManifests };
}

type MarkedPlace =
  | { readonly kind: 'marked' | 'discarded' | 'damaged' }
  | { readonly kind: 'relocation'; readonly relocation: Relocation };

/** Marks what a point needs. Damage of a point that is removed at this moment hurts nobody. */
async function markPlace(
  { catalog }: RepositoryContext,
  marker: PackMarker,
  { instanceId, pointId }: Place,
  roots: CurrentRoots,
): Promise<MarkedPlace> {
  try {
    const slot = await catalog.unmarkedSlotOf(instanceId, pointId);
    if (slot.kind === 'tombstone') return { kind: 'discarded' };
    if (slot.kind === 'point') await markPoint(catalog, marker, currentPoint(slot.point, roots));
    const isOne = slot.kind === 'relocation' && !(await catalog.isRemoved(instanceId, pointId));
    return isOne ? slot : { kind: 'marked' };
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return { kind: (await catalog.isRemoved(instanceId, pointId)) ? 'marked' : 'damaged' };
  }
}

/** Follows maps that are given other places meanwhile: what they led to before may be collected. */
async function markPoint(
  catalog: RepositoryContext['catalog'],
  marker: PackMarker,
  { manifest, volumes }: CurrentPoint,
): Promise<void> {
  for (const volume of volumes) {
    const follower = new MapFollower(catalog, manifest, volume);
    await follower.read((root) => marker.markMap(root));
  }
}

function blocked(damaged: readonly string[]): SnapledgerError {
  const shownMax = 10;
  const shown = damaged.slice(0, shownMax).join('; ');
  const more = damaged.length > shownMax ? `; and ${damaged.length - shownMax} more` : '';
  return new SnapledgerError(
    'COLLECTION_BLOCKED',
    `what restore points need cannot be told, because something is damaged: ${shown}${more}`,
    {
      remedy:
        "'snapledger verify' names the damage. Nothing is removed until these points are sound " +
        'again, or removed; what says where maps begin hurts all points of its instance.',
      details: { damaged: damaged.length },
    },
  );
}
