import type { Command } from 'commander';
import type { PointServer } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatSize } from '../output/format-quantity.ts';
import { printResult, warn } from '../output/print.ts';
import { pointOf, volumeIdsIn } from '../point/volume-ids.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { collectText, idPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface ServeOptions {
  readonly nbd: string;
  readonly volume?: readonly string[];
  readonly anyone?: true;
}

export function addServeCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('serve')
    .summary('let other programs read a restore point without restoring it')
    .description(
      'Serve the volumes of a restore point as network block devices (NBD), read-only, until the ' +
        'command is stopped with Ctrl-C. Each volume has the name of its device: /dev/xvda is xvda. ' +
        'qemu-img, nbdcopy and the kernel read them; docs/cli.md shows how to take one file out.\n\n' +
        'Everybody on this machine can connect meanwhile: there is no password and no encryption. ' +
        'What is damaged is an error for who reads it, and never read as zeros.',
    )
    .argument('<point>', 'the id of the point, or at least its first 4 characters')
    .option('--nbd <address>', 'where to listen; port 0 takes a free one', '127.0.0.1:10809')
    .option(
      '--volume <device>',
      'only this volume, by device name or volume id (can be given several times)',
      collectText,
    )
    .option('--anyone', 'allow an address that other machines reach')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger serve 3f2a91c4', meaning: 'all volumes, at 127.0.0.1:10809' },
        {
          command: 'snapledger serve 3f2a91c4 --nbd 127.0.0.1:0 --volume /dev/xvda',
          meaning: 'one volume, at a port that is free',
        },
      ),
    )
    .action((point: string, options: ServeOptions) =>
      invoke((context) => serve(context, point, options)),
    );
}

function serve(context: CliContext, point: string, options: ServeOptions): Promise<ExitCode> {
  const prefix = idPrefixOf(point);
  const address = addressOf(options.nbd);
  return withVault(context, async (vault) => {
    const pointId = await vault.engine.findPoint(prefix);
    const { volume: names } = options;
    const chosen =
      names === undefined
        ? {}
        : { volumeIds: volumeIdsIn(await pointOf(vault.engine, pointId), names) };
    const server = await vault.servePoint({
      pointId,
      ...chosen,
      ...address,
      ...(options.anyone === true ? { reachable: 'from-elsewhere' } : {}),
      onProblem: (line) =>
        void warn(context, line, "'snapledger verify --deep' shows what is damaged."),
    });
    try {
      await printResult(context, {
        json: { pointId, exports: server.exports },
        people: () => [
          `serving restore point ${formatId(pointId)}, read-only, until Ctrl-C:`,
          ...server.exports.map(exportInWords),
        ],
      });
      await aborted(context.signal);
    } finally {
      await server.close();
    }
    return exitCodes.done;
  });
}

function exportInWords({ uri, device, sizeBytes }: PointServer['exports'][number]): string {
  return `  ${uri}  ${device}, ${formatSize(sizeBytes)}`;
}

/** @throws INVALID_ARGUMENT */
function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw usageError(`'${text}' is no address to listen at`, 'give one like 127.0.0.1:10809');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
