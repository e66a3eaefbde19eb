import type { EngineId } from '../domain/identifiers.ts';

/**
 * Tells whether an engine that claimed an instance still lives, so that a dead one's sessions can
 * be taken over and a living one's never are.
 */
export interface EnginePresence {
  /** Makes this engine visible to others until `leave`, or until its process dies. */
  announce(engine: EngineId): Promise<void>;
  /** Whether that engine is announced and its process alive. */
  isPresent(engine: EngineId): Promise<boolean>;
  leave(engine: EngineId): Promise<void>;
}
