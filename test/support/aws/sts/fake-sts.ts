import { randomBytes } from 'node:crypto';
import { AwsError, type AwsReply, type AwsRequest, type AwsService } from '../aws-service.ts';
import { escaped } from '../ec2/sdk-schema.ts';
import type { AwsCredentials } from '../signature/verify-signature.ts';

/** A role of the fake, and whom it trusts. */
export interface FakeRole {
  readonly roleArn: string;
  /** Of an account; whoever is in it may take the role on. */
  trusts: string;
  externalId: string | null;
}

interface Session {
  readonly roleArn: string;
  readonly name: string;
  credentials: AwsCredentials & { expiresAtMs: number };
}

/**
 * A FAKE of STS: AssumeRole, in the query protocol. A role that is not there is refused with the words for
 * one that does not trust the caller, as STS does it. It cannot show what policies allow.
 */
export class FakeSts implements AwsService {
  readonly name = 'sts';
  readonly roles: FakeRole[] = [];
  readonly sessions: Session[] = [];
  /** How long credentials hold. */
  sessionMs = 3_600_000;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  credentials(): readonly AwsCredentials[] {
    return this.sessions.map(({ credentials }) => credentials);
  }

  /** Ends all sessions that there are. */
  endSessions(): void {
    for (const { credentials } of this.sessions) credentials.expiresAtMs = this.#now();
  }

  operationOf({ body }: AwsRequest): string {
    return formOf(body).get('Action') ?? 'unknown';
  }

  handle({ body, accountId }: AwsRequest): Promise<AwsReply> {
    const form = formOf(body);
    if (form.get('Action') !== 'AssumeRole') {
      throw new AwsError('InvalidAction', 400, 'The fake knows AssumeRole only');
    }
    const roleArn = form.get('RoleArn') ?? '';
    const role = this.roles.find((one) => one.roleArn === roleArn);
    const isTrusted =
      role?.trusts === accountId && role.externalId === (form.get('ExternalId') ?? null);
    if (!isTrusted) {
      const text = `User: arn:aws:iam::${accountId}:user/test is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
      throw new AwsError('AccessDenied', 403, text);
    }
    const durationS = Number(form.get('DurationSeconds') ?? '3600');
    if (durationS > 3_600) {
      throw new AwsError('ValidationError', 400, 'The requested DurationSeconds exceeds 1 hour');
    }
    const credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(60).toString('base64'),
      accountId: roleArn.split(':')[4] ?? '',
      expiresAtMs: this.#now() + this.sessionMs,
    };
    this.sessions.push({ roleArn, name: form.get('RoleSessionName') ?? '', credentials });
    return Promise.resolve(xml(200, replyOf(credentials)));
  }

  errorReply({ code, status, message }: AwsError, requestId: string): AwsReply {
    return xml(
      status,
      `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code>` +
        `<Message>${escaped(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    );
  }
}

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

function replyOf(credentials: Session['credentials']): string {
  const { accessKeyId, secretAccessKey, sessionToken = '', expiresAtMs } = credentials;
  return (
    `<AssumeRoleResponse xmlns="${namespace}"><AssumeRoleResult><Credentials>` +
    `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
    `<SessionToken>${sessionToken}</SessionToken>` +
    `<Expiration>${new Date(expiresAtMs).toISOString()}</Expiration></Credentials>` +
    `</AssumeRoleResult><ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></AssumeRoleResponse>`
  );
}

function xml(status: number, body: string): AwsReply {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function formOf(body: Uint8Array): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(Buffer.from(body).toString('utf8')));
}
