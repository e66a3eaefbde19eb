import { Command } from 'commander';
import type { Invoke } from './cli-context.ts';
import { addAuditCommands } from './commands/audit/audit.ts';
import { addAwsCheckCommand } from './commands/aws-check.ts';
import { addAwsPolicyCommand } from './commands/aws-policy.ts';
import { addAwsTrustCommand } from './commands/aws-trust.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addExportCommand } from './commands/export.ts';
import { addExpireCommand } from './commands/expire.ts';
import { addGcMergeCommand } from './commands/gc-merge.ts';
import { addGcPlanCommand } from './commands/gc-plan.ts';
import { addGcRepackCommand } from './commands/gc-repack.ts';
import { addGcRunCommand } from './commands/gc-run.ts';
import { addHoldListCommand } from './commands/hold-list.ts';
import { addHoldPlaceCommand } from './commands/hold-place.ts';
import { addHoldReleaseCommand } from './commands/hold-release.ts';
import { addInitCommand } from './commands/init.ts';
import { addInstanceAddCommand } from './commands/instance-add.ts';
import { addInstanceForgetCommand } from './commands/instance-forget.ts';
import { addInstanceListCommand } from './commands/instance-list.ts';
import { addKeyCommands } from './commands/key/key.ts';
import { addPointsCommand } from './commands/points.ts';
import { addInstanceTagCommand } from './commands/instance-tag.ts';
import { addPolicyApplyCommand, addPolicyValidateCommand } from './commands/policy-apply.ts';
import { addPolicyListCommand } from './commands/policy-list.ts';
import { addPolicyRemoveCommand } from './commands/policy-remove.ts';
import { addPolicyRunCommand, addRunCommand } from './commands/policy-run.ts';
import { addPolicySchemaCommand } from './commands/policy-schema.ts';
import { addPolicySimulateCommand } from './commands/policy-simulate.ts';
import { addPolicySetCommand } from './commands/policy-set.ts';
import { addPolicyShowCommand } from './commands/policy-show.ts';
import { addReconcileCommand } from './commands/reconcile.ts';
import { addRecoverCommand } from './commands/recover.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addReplicasCommand } from './commands/replicas.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addRetentionObsoleteCommand } from './commands/retention-obsolete.ts';
import { addRetentionPlanCommand } from './commands/retention-plan.ts';
import { addRetentionRunCommand } from './commands/retention-run.ts';
import { addResumeCommand } from './commands/resume.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSessionsCommand } from './commands/sessions.ts';
import { addSnapshotsCommand } from './commands/snapshots.ts';
import { addRepairCommand } from './commands/repair.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addWhyCommand } from './commands/why.ts';
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
  const instance = program.command('instance').summary('add, show and forget instances');
  instance.description(
    'Add instances to the vault, show them, and forget what the record says of them.',
  );
  addInstanceAddCommand(instance, invoke);
  addInstanceListCommand(instance, invoke);
  addInstanceTagCommand(instance, invoke);
  addInstanceForgetCommand(instance, invoke);
  const policy = program.command('policy').summary('say how instances are backed up');
  policy.description('Say how instances are backed up, and show it.');
  addPolicySetCommand(policy, invoke);
  addPolicyShowCommand(policy, invoke);
  addPolicyListCommand(policy, invoke);
  addPolicyApplyCommand(policy, invoke);
  addPolicyValidateCommand(policy, invoke);
  addPolicySimulateCommand(policy, invoke);
  addPolicyRunCommand(policy, invoke);
  addPolicyRemoveCommand(policy, invoke);
  addPolicySchemaCommand(policy, invoke);
  addBackupCommand(program, invoke);
  addRunCommand(program, invoke);
  addResumeCommand(program, invoke);
  addSessionsCommand(program, invoke);
  addSnapshotsCommand(program, invoke);
  addReplicasCommand(program, invoke);
  addPointsCommand(program, invoke);
  const retention = program.command('retention').summary('show and apply what is kept');
  retention.description(
    'Show what retention keeps and removes, apply it, and set what it goes by.',
  );
  addRetentionPlanCommand(retention, invoke);
  addRetentionRunCommand(retention, invoke);
  addRetentionObsoleteCommand(retention, invoke);
  const gc = program.command('gc').summary('free what no restore point needs');
  gc.description(
    'Garbage collection: show, and free, what no restore point of the repository needs any more.',
  );
  addGcPlanCommand(gc, invoke);
  addGcRunCommand(gc, invoke);
  addGcRepackCommand(gc, invoke);
  addGcMergeCommand(gc, invoke);
  const hold = program.command('hold').summary('forbid and allow the removal of items');
  hold.description(
    'Forbid the removal of snapshot sets, replicas and restore points, and allow it.',
  );
  addHoldPlaceCommand(hold, invoke);
  addHoldReleaseCommand(hold, invoke);
  addHoldListCommand(hold, invoke);
  addExpireCommand(program, invoke);
  addWhyCommand(program, invoke);
  addRestoreCommand(program, invoke);
  addExportCommand(program, invoke);
  addServeCommand(program, invoke);
  addReplayCommand(program, invoke);
  addVerifyCommand(program, invoke);
  addRepairCommand(program, invoke);
  addAuditCommands(program, invoke);
  addKeyCommands(program, invoke);
  const aws = program.command('aws').summary('what has to be set up in AWS');
  aws.description('What has to be set up in AWS.');
  addAwsPolicyCommand(aws, invoke);
  addAwsTrustCommand(aws, invoke);
  addAwsCheckCommand(aws, invoke);
  addRecoverCommand(program, invoke);
  addReconcileCommand(program, invoke);
  return program;
}
