/** Where this transfer has put a record: the pack by its number, which is certain before its name. */
export interface StoredPlace {
  readonly packNumber: number;
  readonly offset: number;
  readonly lengthBytes: number;
}
