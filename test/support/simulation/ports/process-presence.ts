import type { EnginePresence } from '../../../../src/ports/engine-presence.ts';
import type { SimulatedProcess } from '../simulated-process.ts';

/** The presence of engines as one process sees it. */
export function processPresence(process: SimulatedProcess, inner: EnginePresence): EnginePresence {
  return {
    announce: (engine) =>
      process.call({ port: 'presence', what: 'announce' }, () =>
        // Who is held to be dead stays so, whatever it says.
        process.life === 'alive' ? inner.announce(engine) : Promise.resolve(),
      ),
    isPresent: (engine) =>
      process.call({ port: 'presence', what: `is ${engine} present` }, () =>
        inner.isPresent(engine),
      ),
    leave: (engine) => process.call({ port: 'presence', what: 'leave' }, () => inner.leave(engine)),
  };
}
