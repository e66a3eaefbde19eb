import type { EngineId } from '../domain/identifiers.ts';
import type { Engine } from './engine.ts';
import type { EngineDependencies } from './engine-dependencies.ts';
import { RunningEngine } from './running-engine.ts';

/**
 * Makes an engine out of the ports that it needs. Nothing is started before a session is: no
 * timers, no process-wide handlers, no output.
 */
export function createEngine(dependencies: EngineDependencies): Engine {
  const engineId = dependencies.random.uuid() as EngineId;
  return new RunningEngine({ ...dependencies, engineId });
}
