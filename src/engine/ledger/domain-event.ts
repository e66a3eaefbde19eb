/** What all events of the domain have in common: a name, and data of plain values. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}
