import type { EngineId } from '../../domain/identifiers.ts';
import type { SummaryFacts } from '../session/session-summary.ts';

/** The part of a session's row that the store does not look into. */
export interface SessionDocument {
  readonly facts: SummaryFacts;
  /** Of a restore: the engine that began it, which alone can work on it. */
  readonly engineId: EngineId | null;
}

export function writeDocument(document: SessionDocument): string {
  return JSON.stringify(document);
}

/** Of a row that this version of the catalogue made: the checkpoint says so. */
export function readDocument(text: string): SessionDocument {
  return JSON.parse(text) as SessionDocument;
}
