import { Command } from 'commander';
import type { Invoke } from './cli-context.ts';
import { addAuditCommands } from './commands/audit/audit.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addInitCommand } from './commands/init.ts';
import { addInstanceAddCommand } from './commands/instance-add.ts';
import { addInstanceListCommand } from './commands/instance-list.ts';
import { addPointsCommand } from './commands/points.ts';
import { addPolicySetCommand } from './commands/policy-set.ts';
import { addPolicyShowCommand } from './commands/policy-show.ts';
import { addRecoverCommand } from './commands/recover.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addResumeCommand } from './commands/resume.ts';
import { addSessionsCommand } from './commands/sessions.ts';
import { addSnapshotsCommand } from './commands/snapshots.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { helpFooter } from './wording/help-footer.ts';

export interface ProgramOptions {
  readonly version: string;
  readonly invoke: Invoke;
  /** Takes what commander prints by itself: helps and the version. */
  readonly print: (text: string) => void;
  readonly helpWidth: number;
}

/** The commands and their options. Errors of parsing are thrown as CommanderError. */
export function buildProgram({ version, invoke, print, helpWidth }: ProgramOptions): Command {
  const program = new Command('snapledger')
    .description(
      'Back up the disks of instances: snapshots, and encrypted restore points made of the blocks ' +
        'that changed. Every session is recorded event by event.',
    )
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .option('--vault <folder>', 'the vault (or in SNAPLEDGER_VAULT)')
    .option('--passphrase-file <file>', 'read the passphrase from this file')
    .option('--json', 'print results and errors as JSON')
    .configureHelp({ showGlobalOptions: true, helpWidth })
    .configureOutput({ writeOut: print, writeErr: print, outputError: () => undefined })
    .exitOverride()
    .addHelpText('after', helpFooter);

  addInitCommand(program, invoke);
  const instance = program.command('instance').summary('add and show instances');
  instance.description('Add instances to the vault, and show them.');
  addInstanceAddCommand(instance, invoke);
  addInstanceListCommand(instance, invoke);
  const policy = program.command('policy').summary('say how instances are backed up');
  policy.description('Say how instances are backed up, and show it.');
  addPolicySetCommand(policy, invoke);
  addPolicyShowCommand(policy, invoke);
  addBackupCommand(program, invoke);
  addResumeCommand(program, invoke);
  addSessionsCommand(program, invoke);
  addSnapshotsCommand(program, invoke);
  addPointsCommand(program, invoke);
  addRestoreCommand(program, invoke);
  addReplayCommand(program, invoke);
  addVerifyCommand(program, invoke);
  addAuditCommands(program, invoke);
  addRecoverCommand(program, invoke);
  return program;
}
