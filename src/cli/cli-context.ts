import type { CliDependencies } from './cli-dependencies.ts';
import type { ExitCode } from './exit-code.ts';

/** The options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly vault?: string;
  readonly passphraseFile?: string;
  readonly json?: true;
}

/** Whether a result is for a person or for a program. */
export type OutputFormat = 'people' | 'json';

/** What a command works with. */
export interface CliContext extends CliDependencies {
  readonly options: GlobalOptions;
  readonly outputFormat: OutputFormat;
}

/** Runs the body of a command; its result becomes the exit code of the program. */
export type Invoke = (body: (context: CliContext) => Promise<ExitCode>) => Promise<void>;
