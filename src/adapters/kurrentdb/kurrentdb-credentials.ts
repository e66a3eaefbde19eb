/** Who one is on the server. */
export interface KurrentDbCredentials {
  readonly username: string;
  readonly password: string;
}
