/** The other side has closed the connection, or broke the protocol so that it was closed. */
export class ConnectionEnded extends Error {
  constructor(reason: string) {
    super(`the connection has ended: ${reason}`);
  }
}
