import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Metadata, sendUnaryData } from '@grpc/grpc-js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { appendHandler, batchAppendHandler } from './fake-append.ts';
import { FakeFaults } from './fake-faults.ts';
import { type FakeMember, gossipHandler } from './fake-gossip.ts';
import { FakeGroups } from './fake-groups.ts';
import { FakeLog } from './fake-log.ts';
import { createGroupHandler, readGroupHandler } from './fake-persistent.ts';
import { readHandler } from './fake-read.ts';
import { errorOfFault, unauthenticated } from './grpc-errors.ts';

export interface FakeKurrentDbOptions {
  /** Whether the server says that it knows BatchAppend; every server since 21.10 does. */
  readonly batchAppend?: 'offered' | 'absent';
  /** Bytes of one append; default: 1 MiB, as of a server of 23.10. */
  readonly appendMaxBytes?: number;
  /** Of another node, which then has the same events at once; default: one of its own. */
  readonly log?: FakeLog;
  /** Serves with TLS, and lets only this user in. */
  readonly secure?: {
    readonly key: Buffer;
    readonly certificate: Buffer;
    readonly username: string;
    readonly password: string;
  };
}

/**
 * A FAKE of a KurrentDB server, in this process, that speaks the real protocol: it is made of the
 * service definitions that the client package comes with.
 *
 * It follows what the source of a server of version 23.10 does about expected revisions,
 * idempotent appends, positions, filtered subscriptions and the trailers of errors. It cannot
 * prove that a real server does so, nor anything about durability, clusters, access control,
 * flow control or speed: run the conformance suite with KURRENTDB_URL for that.
 */
export class FakeKurrentDb implements AsyncDisposable {
  readonly log: FakeLog;
  readonly faults = new FakeFaults();
  readonly groups: FakeGroups;
  readonly port: number;
  /** What it says of its cluster; default: it is alone, and so the leader. */
  members: readonly FakeMember[];
  readonly #server: Server;

  private constructor(log: FakeLog, server: Server, port: number) {
    this.log = log;
    this.groups = new FakeGroups(log);
    this.#server = server;
    this.port = port;
    this.members = [{ port, state: 'leader', isAlive: true }];
  }

  static async start(options: FakeKurrentDbOptions = {}): Promise<FakeKurrentDb> {
    const { batchAppend = 'offered', appendMaxBytes = 1024 * 1024, secure } = options;
    const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
    const { log = new FakeLog(appendMaxBytes) } = options;
    const port = await listen(server, secure);
    const fake = new FakeKurrentDb(log, server, port);
    const { faults } = fake;
    const guarded = guardWith(secure);
    server.addService(featuresGrpc.ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, reply: sendUnaryData<SupportedMethods>) => {
        const fault = faults.meet('features');
        const error = errorOfFault(fault);
        if (error !== undefined) reply(error);
        else if (fault?.kind !== 'hang') reply(null, supportedMethods(batchAppend));
      },
    });
    server.addService(gossipGrpc.GossipService, {
      read: gossipHandler(() => fake.members, faults),
    });
    server.addService(streamsGrpc.StreamsService, {
      read: guarded(readHandler(log, faults)),
      append: guarded(appendHandler(log, faults)),
      batchAppend: guarded(batchAppendHandler(log, faults)),
    });
    server.addService(persistentGrpc.PersistentSubscriptionsService, {
      create: guarded(createGroupHandler(fake.groups, faults)),
      read: guarded(readGroupHandler(fake.groups, faults)),
    });
    return fake;
  }

  /** The location of it, as a user would write it. */
  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Ends every call and connection at once, as a crash does. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    return Promise.resolve();
  }
}

async function listen(server: Server, secure: FakeKurrentDbOptions['secure']): Promise<number> {
  const credentials =
    secure === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { private_key: secure.key, cert_chain: secure.certificate },
        ]);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

interface GuardedCall {
  readonly metadata: Metadata;
  emit(event: 'error', error: object): boolean;
}

/** Refuses whoever is not the user that may come in. */
function guardWith(secure: FakeKurrentDbOptions['secure']) {
  return <Arguments extends [GuardedCall, ...unknown[]]>(
      handle: (...handed: Arguments) => void,
    ): ((...handed: Arguments) => void) =>
    (...handed) => {
      const [call, reply] = handed;
      if (secure === undefined || isUser(call.metadata, secure)) {
        handle(...handed);
      } else if (typeof reply === 'function') {
        (reply as sendUnaryData<never>)(unauthenticated());
      } else {
        call.emit('error', unauthenticated());
      }
    };
}

function isUser(
  metadata: Metadata,
  { username, password }: { readonly username: string; readonly password: string },
): boolean {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return metadata.get('authorization').includes(expected);
}

function supportedMethods(batchAppend: 'offered' | 'absent'): SupportedMethods {
  const named: readonly (readonly [string, readonly string[]])[] = [
    ['read', ['position', 'events']],
    ['append', []],
    ...(batchAppend === 'offered' ? [['batchappend', ['deadline_duration']] as const] : []),
  ];
  const methods = named.map(([method, list]) =>
    new features.SupportedMethod()
      .setServiceName('event_store.client.streams.streams')
      .setMethodName(method)
      .setFeaturesList([...list]),
  );
  return new features.SupportedMethods()
    .setEventStoreServerVersion('23.10.8')
    .setMethodsList(methods);
}
