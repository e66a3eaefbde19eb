import { writeSync } from 'node:fs';
import { SnapledgerError } from '../index.ts';
import { exitCodes } from './exit-code.ts';

const standardError = 2;

/**
 * Turns Ctrl-C and SIGTERM into an abort. The second one ends the process at once: somebody who
 * asks twice does not want to wait, and `resume` cleans up what is left.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      controller.abort(new SnapledgerError('CANCELLED', `stopped by ${name}`));
      return;
    }
    writeSync(
      standardError,
      "\nsnapledger: stopped without cleaning up\n'snapledger resume' brings to its end what was interrupted\n",
    );
    process.exit(exitCodes.failed);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
