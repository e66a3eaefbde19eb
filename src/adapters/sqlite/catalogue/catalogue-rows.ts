import type { StatementSync } from 'node:sqlite';
import { assert } from '../../../domain/errors/assert.ts';
import type { EngineId, InstanceId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ItemRef } from '../../../domain/retention/retention-plan.ts';
import type {
  CatalogueCheckpoint,
  CataloguedSession,
  ClaimRow,
  FoundName,
  InstanceCounts,
  ListedSession,
  PresentItem,
} from '../../../ports/catalogue-store.ts';
import type { GlobalPosition, StreamName } from '../../../ports/event-store.ts';

/** A row as SQLite gives it. What this program wrote into STRICT tables has the types that it had. */
export type CatalogueRow = NonNullable<ReturnType<StatementSync['get']>>;

export function toCheckpoint(row: CatalogueRow): CatalogueCheckpoint {
  const before = row['before'];
  return {
    version: text(row, 'version'),
    making: text(row, 'making'),
    position: text(row, 'position') as GlobalPosition,
    before: before === null ? null : (text(row, 'before') as GlobalPosition),
    recordHash: text(row, 'record_hash'),
  };
}

export function toListedSession(row: CatalogueRow): ListedSession {
  return {
    ordinal: integer(row, 'ordinal'),
    sessionId: text(row, 'session_id') as SessionId,
    instanceId: optionalText(row, 'instance_id') as InstanceId | null,
    kind: text(row, 'kind') as CataloguedSession['kind'],
    status: text(row, 'status') as CataloguedSession['status'],
    startedAt: integer(row, 'started_at') as TimestampMs,
    actor: text(row, 'actor'),
    document: text(row, 'document'),
    heldBy: optionalText(row, 'engine_id') as EngineId | null,
  };
}

export function toFoundName(row: CatalogueRow): FoundName {
  return {
    id: text(row, 'id'),
    instanceId: text(row, 'instance_id') as InstanceId,
    item: { kind: text(row, 'kind'), id: text(row, 'item_id') } as ItemRef,
  };
}

export function toPresentItem(row: CatalogueRow): PresentItem {
  return { id: text(row, 'id'), instanceId: text(row, 'instance_id') as InstanceId };
}

export function toClaim(row: CatalogueRow): ClaimRow {
  return {
    stream: text(row, 'stream') as StreamName,
    claim: {
      sessionId: text(row, 'session_id') as SessionId,
      engineId: text(row, 'engine_id') as EngineId,
    },
  };
}

export function toInstanceCounts(row: CatalogueRow): InstanceCounts {
  return {
    instanceId: text(row, 'instance_id') as InstanceId,
    sessions: integer(row, 'sessions'),
    snapshotSets: integer(row, 'snapshot_sets'),
    replicas: integer(row, 'replicas'),
    restorePoints: integer(row, 'restore_points'),
    openSessionId: optionalText(row, 'session_id') as SessionId | null,
  };
}

export function text(row: CatalogueRow, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `the column ${column} of the catalogue is a text`);
  return value;
}

export function integer(row: CatalogueRow, column: string): number {
  const value = row[column];
  assert(typeof value === 'number', `the column ${column} of the catalogue is a number`);
  return value;
}

function optionalText(row: CatalogueRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}
