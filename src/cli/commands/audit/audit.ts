import type { Command } from 'commander';
import type { Invoke } from '../../cli-context.ts';
import { addAuditDiffCommand } from './audit-diff.ts';
import { addAuditExportCommand } from './audit-export.ts';
import { addAuditKeyCommand } from './audit-key.ts';
import { addAuditReplayCommand } from './audit-replay.ts';
import { addAuditSealCommand } from './audit-seal.ts';
import { addAuditSessionsCommand } from './audit-sessions.ts';
import { addAuditTimelineCommand } from './audit-timeline.ts';
import { addAuditVerifyCommand } from './audit-verify.ts';
import { addAuditWitnessCommand } from './audit-witness.ts';
import { addWhyCommand } from '../why.ts';

export function addAuditCommands(program: Command, invoke: Invoke): void {
  const audit = program.command('audit').summary('check and show the record of what was done');
  audit.description('Check the record of what was done, and show or export it with its proof.');
  addAuditSessionsCommand(audit, invoke);
  addAuditReplayCommand(audit, invoke);
  addAuditDiffCommand(audit, invoke);
  addAuditTimelineCommand(audit, invoke);
  // An auditor looks for it here; everybody else has it at the top.
  addWhyCommand(audit, invoke, 'audit why');
  addAuditExportCommand(audit, invoke);
  addAuditVerifyCommand(audit, invoke);
  addAuditKeyCommand(audit, invoke);
  addAuditSealCommand(audit, invoke);
  addAuditWitnessCommand(audit, invoke);
}
