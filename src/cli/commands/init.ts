import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { printDone } from '../output/print.ts';
import { readPassphrase } from '../passphrase/read-passphrase.ts';
import { vaultFolder } from '../with-vault.ts';
import { examplesText } from './examples.ts';

export function addInitCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('init')
    .summary('make a vault')
    .description(
      'Make a vault: a folder with the record of all sessions, a local cloud for instances made ' +
        'of disk images, and an encrypted repository. The folder must be empty or not exist.\n\n' +
        'Nobody can read the backups without the passphrase, and nobody can replace it when it ' +
        'is lost: keep it somewhere else too.',
    )
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger init --vault backups',
          meaning: 'make a vault in the folder backups; asks for a new passphrase twice',
        },
        {
          command: 'snapledger init --vault backups --passphrase-file passphrase.txt',
          meaning: 'the same with a passphrase from a file (for a script)',
        },
      ),
    )
    .action(() => invoke(init));
}

async function init(context: CliContext): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const passphrase = await readPassphrase(context, 'choose');
  await context.createVault({ folder, passphrase });
  return printDone(context, `the vault is made in ${folder}`, {
    json: { folder },
    people: () => [
      `vault made in ${folder}`,
      '',
      'What comes next:',
      '  snapledger instance add web-1 --volume /dev/xvda=disk.img',
      '  snapledger policy set web-1 --keep-snapshots 7',
      '  snapledger backup web-1',
    ],
  });
}
