/** Who signs. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How AWS is reached; what is left out is as the SDK finds it. */
export interface AwsAccess {
  /** Another endpoint than that of the region. */
  readonly endpoint?: string;
  /** Default: the SDK's chain (environment, profile, role of this machine). */
  readonly credentials?: AwsKeys;
}
