import type { CatalogueAdvance } from '../../../ports/catalogue-store.ts';

/** What a thread that puts rows in is asked for, one after the other. */
export type AdvanceMessage =
  | { readonly kind: 'advance'; readonly advance: CatalogueAdvance }
  /** It closes its file and ends. */
  | { readonly kind: 'close' };

/** Its answer to each `advance`, in their order. */
export type AdvanceReply =
  | { readonly kind: 'done'; readonly outcome: 'advanced' | 'overtaken' }
  /** Taken apart: what SQLite says, without the error, which another thread would not get whole. */
  | { readonly kind: 'failed'; readonly said: string };

/** What it is started with. */
export interface AdvanceThreadData {
  readonly folder: string;
}
