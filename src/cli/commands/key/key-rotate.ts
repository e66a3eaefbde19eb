import type { Command } from 'commander';
import type { MasterKeyRotation } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import type { ExitCode } from '../../exit-code.ts';
import { readPassphrase } from '../../passphrase/read-passphrase.ts';
import { vaultFolder } from '../../with-vault.ts';
import { recoveryKeyLines, unseenRecoveryKeyRemedy } from '../../wording/recovery-key.ts';
import { examplesText } from '../examples.ts';
import { describeKind } from './key-list.ts';
import { printKeyChange } from './print-key-change.ts';

interface RotateOptions {
  readonly removeOthers?: true;
}

export function addKeyRotateCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('rotate')
    .summary('make a new master key for what is stored from now on')
    .description(
      'Make a new master key. What is stored stays readable, and is not written anew; sessions ' +
        'that begin from now on are under the new key, which nobody has who could open the vault ' +
        'before and cannot now. docs/threat-model.md says what that protects and what not.\n\n' +
        'The passphrase that is given here goes on to open the vault. Recovery keys are replaced ' +
        'by a new one, which is shown once. Other passphrases cannot be taken over without their ' +
        'owners: with --remove-others they go, and have to be added again.\n\n' +
        'Programs that have the vault open end the image-level backups that they have begun. A backup ' +
        'that they begin afterwards fails, when its snapshots are taken already: start them again.',
    )
    .option('--remove-others', 'let other passphrases go')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger key rotate', meaning: 'when there is one passphrase' },
        {
          command: 'snapledger key rotate --remove-others',
          meaning: 'when there are several: only the one that is given stays',
        },
      ),
    )
    .action((options: RotateOptions) => invoke((context) => rotateKey(context, options)));
}

async function rotateKey(context: CliContext, { removeOthers }: RotateOptions): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const passphrase = await readPassphrase(context, 'unlock');
  const keys = context.vaultKeys({ folder, passphrase });
  const { afterwards, ...rotation } = await keys.rotateMasterKey(
    removeOthers === true ? 'remove' : 'keep',
  );
  return printKeyChange(
    context,
    'the master key is rotated',
    {
      json: rotation,
      afterwards,
      people: () => describeRotation(rotation),
    },
    rotation.recoveryKey === null ? undefined : unseenRecoveryKeyRemedy,
  );
}

function describeRotation({ removed, recoveryKey }: MasterKeyRotation): readonly string[] {
  return [
    'master key rotated: what is stored from now on is under the new one',
    ...removed.map(
      (slot) => `the ${describeKind(slot)} ${slot.id} (${slot.label}) opens the vault no more`,
    ),
    ...(recoveryKey === null ? [] : ['', ...recoveryKeyLines(recoveryKey.recoveryKey)]),
    '',
    'Start programs again that have the vault open.',
  ];
}
