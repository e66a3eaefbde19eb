import type { StorageFormat } from './storage-format.ts';
import type { PreparedTransfer } from './transfer.ts';

/** A storage format that is plugged in beside the native one. */
export interface FormatPlug {
  readonly format: StorageFormat;
  /**
   * The file of the ES module that a worker's process loads, in place of the format: it exports a
   * `TransferModule`. It may be the module of the format itself; one of its own starts faster.
   */
  readonly workerModule: URL;
}

/** What a module for workers exports. */
export interface TransferModule {
  /** As `StorageFormat.prepareTransfer`. */
  readonly prepareTransfer: (options?: { readonly threads?: number }) => PreparedTransfer;
}

/** Asked when a vault or repository turns out not to be of the native format. */
export type AskFormats = () => Promise<readonly FormatPlug[]>;
