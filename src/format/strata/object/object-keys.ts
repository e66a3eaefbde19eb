import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { isUuid } from '../encoding/uuid-bytes.ts';
import { attemptMax } from '../keys/worker-secret.ts';

/** The names of all objects of a strata repository. docs/strata.md, "Objects". */

/** Names a pack. A session's records are in its own packs, under its own data key. */
export interface PackName {
  readonly sessionId: SessionId;
  /** Random for each writing process, u32. */
  readonly writer: number;
  /** Counts that writer's packs from 0, u32. */
  readonly number: number;
}

export const headerObjectKey = key('strata');
export const pointsPrefix = 'points/';

export const registrationsPrefix = 'sessions/';
export const allPacksPrefix = 'packs/';
export const sessionKeysPrefix = 'keys/';
export const generationsPrefix = 'gc/';
export const allSlotTablesPrefix = 'slots/';
export const allRelocationsPrefix = 'relocations/';

/** What the keys of all tables of key slots of a repository begin with. */
export function slotTablesPrefix(repositoryId: RepositoryId): string {
  return `${allSlotTablesPrefix}${uuid(repositoryId, 'repository id')}/`;
}

/** A table of key slots, numbered from 1. */
export function slotTableKey(repositoryId: RepositoryId, number: number): ObjectKey {
  return key(`${slotTablesPrefix(repositoryId)}${hex8(number)}`);
}

/** The table that a key under `slots/` names; null for any other key. */
export function parseSlotTableKey(
  objectKey: string,
): { readonly repositoryId: RepositoryId; readonly number: number } | null {
  const [folder, repositoryId = '', name = '', more] = objectKey.split('/');
  if (folder !== 'slots' || more !== undefined || !isUuid(repositoryId)) return null;
  if (!/^[0-9a-f]{8}$/.test(name)) return null;
  return { repositoryId: repositoryId as RepositoryId, number: Number.parseInt(name, 16) };
}

/** The object of one generation, numbered from 1. */
export function generationKey(number: number): ObjectKey {
  return key(`${generationsPrefix}${hex8(number)}`);
}

/** The generation that a key under `gc/` names; null for any other key. */
export function parseGenerationKey(objectKey: string): number | null {
  const [, digits] = /^gc\/([0-9a-f]{8})$/.exec(objectKey) ?? [];
  return digits === undefined ? null : Number.parseInt(digits, 16);
}

/** The session that a key under `keys/` names; null for any other key. */
export function parseSessionKeyKey(objectKey: string): SessionId | null {
  const [folder, sessionId = '', more] = objectKey.split('/');
  if (folder !== 'keys' || more !== undefined || !isUuid(sessionId)) return null;
  return sessionId as SessionId;
}

/** The session that a key under `sessions/` names; null for any other key. */
export function parseRegistrationKey(objectKey: string): SessionId | null {
  const [folder, sessionId, more] = objectKey.split('/');
  if (folder !== 'sessions' || sessionId === undefined || more !== undefined) return null;
  return isUuid(sessionId) ? (sessionId as SessionId) : null;
}

export function registrationKey(sessionId: SessionId): ObjectKey {
  return key(`${registrationsPrefix}${session(sessionId)}`);
}

export function sessionKeyKey(sessionId: SessionId): ObjectKey {
  return key(`keys/${session(sessionId)}`);
}

export function packsPrefix(sessionId: SessionId): string {
  return `packs/${session(sessionId)}/`;
}

/** The pack that a key under `packs/` names; null for any other key. */
export function parsePackKey(objectKey: string): PackName | null {
  const [folder, sessionId = '', name = '', more] = objectKey.split('/');
  const [, writer, number] = /^([0-9a-f]{8})-([0-9a-f]{8})$/.exec(name) ?? [];
  if (folder !== 'packs' || more !== undefined || !isUuid(sessionId)) return null;
  if (writer === undefined || number === undefined) return null;
  return {
    sessionId: sessionId as SessionId,
    writer: Number.parseInt(writer, 16),
    number: Number.parseInt(number, 16),
  };
}

export function packKey(pack: PackName): ObjectKey {
  return key(`${packsPrefix(pack.sessionId)}${hex8(pack.writer)}-${hex8(pack.number)}`);
}

export function instancePointsPrefix(instanceId: InstanceId): string {
  return `${pointsPrefix}${instance(instanceId)}/`;
}

export function pointKey(instanceId: InstanceId, pointId: PointId): ObjectKey {
  return key(`${instancePointsPrefix(instanceId)}${session(pointId)}`);
}

/** Beside the point's own key, right after it in a listing. */
export function removalMarkKey(instanceId: InstanceId, pointId: PointId): ObjectKey {
  return key(`${pointKey(instanceId, pointId)}.removed`);
}

/** The point whose removal mark has this key; null for any other key. */
export function parseRemovalMarkKey(
  objectKey: string,
): { readonly instanceId: InstanceId; readonly pointId: PointId } | null {
  const ending = '.removed';
  return objectKey.endsWith(ending) ? parsePointKey(objectKey.slice(0, -ending.length)) : null;
}

/** The point and instance that a key under `points/` names; null for any other key. */
export function parsePointKey(
  objectKey: string,
): { readonly instanceId: InstanceId; readonly pointId: PointId } | null {
  const [folder, instanceId, pointId, more] = objectKey.split('/');
  if (folder !== 'points' || instanceId === undefined || pointId === undefined) return null;
  if (more !== undefined || !isSegment(instanceId) || !isUuid(pointId)) return null;
  return { instanceId: instanceId as InstanceId, pointId: pointId as PointId };
}

/** What the claims to relocate points of an instance begin with. */
export function relocationsPrefix(instanceId: InstanceId): string {
  return `${allRelocationsPrefix}${instance(instanceId)}/`;
}

/** A session's claim to relocate points of an instance. */
export interface RelocationClaimName {
  readonly instanceId: InstanceId;
  /** From 1 on; in a listing claims ascend by it. */
  readonly number: number;
  readonly sessionId: SessionId;
}

export function relocationClaimKey(claim: RelocationClaimName): ObjectKey {
  const { instanceId, number, sessionId } = claim;
  return key(`${relocationsPrefix(instanceId)}${hex8(number)}-${session(sessionId)}`);
}

/** The claim that a key under `relocations/` names; null for any other key. */
export function parseRelocationClaimKey(objectKey: string): RelocationClaimName | null {
  const [folder, instanceId = '', name = '', more] = objectKey.split('/');
  if (folder !== 'relocations' || more !== undefined || !isSegment(instanceId)) return null;
  const [, number, sessionId = ''] = /^([0-9a-f]{8})-(.+)$/.exec(name) ?? [];
  if (number === undefined || !isUuid(sessionId)) return null;
  return {
    instanceId: instanceId as InstanceId,
    number: Number.parseInt(number, 16),
    sessionId: sessionId as SessionId,
  };
}

/** Everything that a session needs only while it runs: plans, segments and the mailbox. */
export function controlPrefix(sessionId: SessionId): string {
  return `control/${session(sessionId)}/`;
}

/** One page of a transfer plan, numbered from 0. */
export function planPageKey(sessionId: SessionId, planId: string, page: number): ObjectKey {
  return key(`${controlPrefix(sessionId)}plan-${plan(planId)}/${hex8(page)}`);
}

/** Created after all pages of the plan: a plan without it was not finished. */
export function planSummaryKey(sessionId: SessionId, planId: string): ObjectKey {
  return key(`${controlPrefix(sessionId)}plan-${plan(planId)}/summary`);
}

/** What the keys of one attempt's segments begin with. */
export function segmentsPrefix(sessionId: SessionId, planId: string, attempt: number): string {
  return `${controlPrefix(sessionId)}segments-${plan(planId)}/${hex4(attempt)}-`;
}

/** One segment, numbered from 0 for each plan and attempt. */
export function segmentKey(
  sessionId: SessionId,
  planId: string,
  attempt: number,
  number: number,
): ObjectKey {
  return key(`${segmentsPrefix(sessionId, planId, attempt)}${hex8(number)}`);
}

/** What a key under `control/` names of a transfer; null for any other key. */
export function parseTransferKey(
  objectKey: string,
): 'plan-page' | 'plan-summary' | 'segment' | null {
  const [folder, , group = '', name = '', more] = objectKey.split('/');
  const [, kind, planId = ''] = /^(plan|segments)-(.+)$/.exec(group) ?? [];
  if (folder !== 'control' || more !== undefined || !isUuid(planId)) return null;
  if (kind === 'segments') return /^[0-9a-f]{4}-[0-9a-f]{8}$/.test(name) ? 'segment' : null;
  if (name === 'summary') return 'plan-summary';
  return /^[0-9a-f]{8}$/.test(name) ? 'plan-page' : null;
}

function key(text: string): ObjectKey {
  return text as ObjectKey;
}

function session(sessionId: SessionId): string {
  return uuid(sessionId, 'session id');
}

function plan(planId: string): string {
  return uuid(planId, 'plan id');
}

function uuid(text: string, what: string): string {
  if (isUuid(text)) return text;
  throw invalid(`the ${what} "${text}" is not a UUID in lower case`);
}

function instance(instanceId: InstanceId): string {
  if (isSegment(instanceId)) return instanceId;
  throw invalid(`the instance id "${instanceId}" cannot be part of an object's name`);
}

/** Leaves room for the rest of the key within the 512 characters that stores allow. */
const instanceIdMaxLength = 128;

function isSegment(text: string): boolean {
  if (text === '.' || text === '..' || text.length > instanceIdMaxLength) return false;
  return /^[A-Za-z0-9._-]+$/.test(text);
}

function hex8(value: number): string {
  return hex(value, 0xffff_ffff, 8);
}

function hex4(value: number): string {
  return hex(value, attemptMax, 4);
}

function hex(value: number, max: number, digits: number): string {
  if (Number.isInteger(value) && value >= 0 && value <= max) {
    return value.toString(16).padStart(digits, '0');
  }
  throw invalid(`${value} is not a number from 0 to ${max}`);
}

function invalid(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, {
    remedy: 'Use letters, digits, ".", "_" and "-" in ids of instances, and UUIDs for the others.',
  });
}
