import type {
  CreatedVault,
  CreateVaultOptions,
  ExportRepositoryOptions,
  LedgerProof,
  OpenVaultOptions,
  RecoveredSets,
  RecoveredVault,
  RecoverSetsOptions,
  RecoverVaultOptions,
  TimestampMs,
  Vault,
  VaultKeys,
  VaultKeysOptions,
  VerifyRepositoryOptions,
} from '../index.ts';

/** The world as the command line sees it, so that a test can bring its own. */
export interface CliDependencies {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly workingFolder: string;
  readonly version: string;
  readonly stdin: KeyboardInput;
  /** Results, and nothing else. */
  readonly stdout: TextOutput;
  /** Progress, warnings, errors, questions. */
  readonly stderr: TextOutput;
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly now: () => TimestampMs;
  readonly openVault: (options: OpenVaultOptions) => Promise<Vault>;
  readonly createVault: (options: CreateVaultOptions) => Promise<CreatedVault>;
  readonly vaultKeys: (options: VaultKeysOptions) => VaultKeys;
  readonly recoverSets: (options: RecoverSetsOptions) => Promise<RecoveredSets>;
  readonly recoverVault: (options: RecoverVaultOptions) => Promise<RecoveredVault>;
  readonly exportRepository: (options: ExportRepositoryOptions) => AsyncIterable<string>;
  readonly verifyRepository: (options: VerifyRepositoryOptions) => Promise<LedgerProof>;
}

export interface TextOutput {
  readonly isTerminal: boolean;
  /** Width in characters. */
  readonly columns: number;
  /**
   * Resolves when the text is handed over; also when nobody reads it any more.
   *
   * @throws OUTPUT_FAILED when a result cannot be written
   */
  write(text: string): Promise<void>;
}

export interface KeyboardInput {
  readonly isTerminal: boolean;
  /**
   * Switches echo off, then does `read` with what is typed, as it is typed; echo is back when that
   * is over. The keystrokes end with the input, and throw the signal's reason when that aborts.
   */
  withoutEcho<Result>(
    signal: AbortSignal,
    read: (keystrokes: AsyncIterable<string>) => Promise<Result>,
  ): Promise<Result>;
}
