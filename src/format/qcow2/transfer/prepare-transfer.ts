import type { PreparedTransfer } from '../../transfer.ts';
import { openGrant } from './grant.ts';
import { runTransfer } from './run-transfer.ts';

/** The worker's side, of sealed repositories and of plain ones: the grant says which it is. */
export function prepareTransfer(): PreparedTransfer {
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and never throws
    open: async (options) => {
      const granted = openGrant(options.grant, options.random);
      return {
        run: (request) => runTransfer(options, granted, request),
        close: () => Promise.resolve(),
      };
    },
    close: () => Promise.resolve(),
  };
}
