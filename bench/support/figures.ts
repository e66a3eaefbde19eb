/** What one tool needed for one kind of work. */
export interface Figures {
  readonly tool: string;
  readonly work: 'full' | 'increment' | 'restore' | 'session';
  readonly seconds: number;
  /** Peak memory of all its processes together. */
  readonly peakMib: number | null;
  /** What its repository grew by. */
  readonly storedMib: number | null;
  readonly remark: string;
}
