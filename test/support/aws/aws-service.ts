/** What the signature of a request calls the services that are faked. */
export type AwsServiceName = 's3' | 'ec2' | 'ebs' | 'sts';

/** A request whose signature was found right. */
export interface AwsRequest {
  readonly method: string;
  /** Percent-encoded, as it came; begins with a slash. */
  readonly path: string;
  /** Decoded. */
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** From the scope of the signature, which is where a request says it. */
  readonly region: string;
  readonly accessKeyId: string;
  /** Whose key that is. */
  readonly accountId: string;
}

export interface AwsReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** An error with the words of AWS; each service writes it in its own protocol. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** What some errors of EBS direct say besides: `UNRELATED_SNAPSHOTS` and the like. */
  readonly reason: string | undefined;

  constructor(code: string, status: number, message: string, reason?: string) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
    this.reason = reason;
  }
}

/** One service behind the endpoint. */
export interface AwsService {
  readonly name: AwsServiceName;
  /** The API's name of what is asked for (`PutObject`); faults are armed by it. */
  operationOf(request: AwsRequest): string;
  /** @throws AwsError */
  handle(request: AwsRequest): Promise<AwsReply>;
  errorReply(error: AwsError, requestId: string): AwsReply;
}
