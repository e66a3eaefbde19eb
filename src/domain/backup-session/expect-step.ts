import { SnapledgerError } from '../errors/snapledger-error.ts';
import type { BackupCommand } from './backup-commands.ts';
import type { BackupStep } from './backup-step.ts';

/**
 * The step, when it is one of those whose outcome the command is.
 *
 * @throws ILLEGAL_TRANSITION when it is another
 */
export function expectStep<Kind extends BackupStep['kind']>(
  command: BackupCommand,
  step: BackupStep,
  ...kinds: readonly Kind[]
): Extract<BackupStep, { readonly kind: Kind }> {
  if (!isOneOf(step, kinds)) throw illegalTransition(command, `its next step is '${step.kind}'`);
  return step;
}

function isOneOf<Kind extends BackupStep['kind']>(
  step: BackupStep,
  kinds: readonly Kind[],
): step is Extract<BackupStep, { readonly kind: Kind }> {
  return kinds.some((kind) => kind === step.kind);
}

/** The refusal of a command, with its reason. */
export function illegalTransition(command: BackupCommand, why: string): SnapledgerError {
  return new SnapledgerError(
    'ILLEGAL_TRANSITION',
    `the session cannot take '${command.type}': ${why}`,
  );
}
