/** A snapshot that is being written, or was. */
export interface WrittenSnapshot {
  readonly id: string;
  /** From then on its blocks are taken; until then it is not known. */
  readonly knownAtMs: number;
  readonly blocks: Map<number, Uint8Array>;
  state: 'open' | 'complete';
}

export interface StartedSnapshot {
  readonly region: string;
  readonly sizeGib: number;
  readonly description: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly clientToken: string;
  /** Null: not encrypted, whatever the account is like. */
  readonly keyArn: string | null;
}

/** Where the fake of EBS direct has the snapshots that it writes. */
export interface EbsWrites {
  /** The same token gives the same snapshot. */
  start(request: StartedSnapshot): WrittenSnapshot;
  find(snapshotId: string): WrittenSnapshot | null;
  complete(snapshot: WrittenSnapshot): void;
}
