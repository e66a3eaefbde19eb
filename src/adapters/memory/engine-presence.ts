import type { EngineId } from '../../domain/identifiers.ts';
import type { EnginePresence } from '../../ports/engine-presence.ts';

/** Presence of engines that a simulation runs in one process. */
export interface MemoryPresence extends EnginePresence {
  /** What the death of an engine's process does, at once. */
  die(engine: EngineId): void;
}

/** All engines of one simulation share what this gives. */
export function createMemoryPresence(): MemoryPresence {
  const present = new Set<EngineId>();
  return {
    announce(engine) {
      present.add(engine);
      return Promise.resolve();
    },
    isPresent: (engine) => Promise.resolve(present.has(engine)),
    leave(engine) {
      present.delete(engine);
      return Promise.resolve();
    },
    die(engine) {
      present.delete(engine);
    },
  };
}
