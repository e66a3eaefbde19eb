import type { SessionId } from '../../domain/identifiers.ts';

/** The sessions of one kind that this engine works on; its others could not go on. */
export class SessionsAtWork {
  readonly #sessions = new Set<SessionId>();

  has(sessionId: SessionId): boolean {
    return this.#sessions.has(sessionId);
  }

  /**
   * Counts a session as at work while `begin` runs, and, unless that gives null or throws, until `over`.
   * To be called before anything of the session is recorded: who resumes would take one that is claimed
   * and has not begun for one whose engine has died.
   */
  async during<Begun extends object | null>(
    sessionId: SessionId,
    begin: () => Promise<Begun>,
  ): Promise<Begun> {
    this.#sessions.add(sessionId);
    let begun: Begun | null = null;
    try {
      begun = await begin();
      return begun;
    } finally {
      if (begun === null) this.#sessions.delete(sessionId);
    }
  }

  over(sessionId: SessionId): void {
    this.#sessions.delete(sessionId);
  }
}
