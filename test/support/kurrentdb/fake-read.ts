import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { FakeFault, FakeFaults } from './fake-faults.ts';
import type { FakeEvent, FakeLog } from './fake-log.ts';
import { broken, errorOfFault, streamDeleted } from './grpc-errors.ts';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const backwards = streams.ReadReq.Options.ReadDirection.BACKWARDS;
/** Of a filtered read without a window of its own. */
const searchWindowDefault = 32;
const never = new Promise<never>(() => undefined);

/** Thrown to end a call with an error of the server. */
class CallFailed extends Error {
  readonly error: Parameters<typeof Object.assign>[0];
  constructor(error: Parameters<typeof Object.assign>[0]) {
    super('the call failed');
    this.error = error;
  }
}

/** Reads and catch-up subscriptions: `streams.Streams/Read`. */
export function readHandler(
  log: FakeLog,
  faults: FakeFaults,
): handleServerStreamingCall<ReadReq, ReadResp> {
  return (call) => {
    // A client that has gone needs no answer.
    call.on('error', () => undefined);
    void answer(call, log, faults).then(
      () => {
        call.end();
      },
      (failure: unknown) => {
        call.emit('error', failure instanceof CallFailed ? failure.error : failure);
      },
    );
  };
}

async function answer(call: ReadCall, log: FakeLog, faults: FakeFaults): Promise<void> {
  const options = call.request.getOptions();
  const isSubscription = options?.hasSubscription() === true;
  const operation = isSubscription
    ? 'subscribe'
    : options?.hasStream() === true
      ? 'read-stream'
      : 'read-all';
  const fault = faults.meet(operation);
  const error = errorOfFault(fault);
  if (error !== undefined) throw new CallFailed(error);
  if (fault?.kind === 'cut-before') throw new CallFailed(broken());
  if (fault?.kind === 'hang') await never;
  if (fault?.kind === 'slow') await delay(fault.delayMs);
  const sender = new EventSender(call, fault);
  if (isSubscription) await serveSubscription(sender, call, log);
  else if (operation === 'read-stream') await serveStream(sender, call, log);
  else await serveAll(sender, call, log);
}

async function serveStream(sender: EventSender, call: ReadCall, log: FakeLog): Promise<void> {
  const options = call.request.getOptions();
  const wanted = options?.getStream();
  const name = Buffer.from(wanted?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(
    'utf8',
  );
  const events = log.stream(name);
  if (events === 'tombstoned') throw new CallFailed(streamDeleted(name));
  if (events === undefined) {
    const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from(name));
    const notFound = new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier);
    await sender.write(new streams.ReadResp().setStreamNotFound(notFound));
    return;
  }
  const from = wanted?.hasRevision() === true ? Number(wanted.getRevision()) : null;
  const chosen = isBackwards(call)
    ? events.filter(({ revision }) => from === null || revision <= from).reverse()
    : events.filter(({ revision }) => from === null || revision >= from);
  for (const event of chosen.slice(0, Number(options?.getCount()))) await sender.event(event);
}

async function serveAll(sender: EventSender, call: ReadCall, log: FakeLog): Promise<void> {
  const options = call.request.getOptions();
  const from = positionOf(call);
  // The first position of a read is included.
  const chosen = isBackwards(call)
    ? log.events.filter(({ position }) => from === null || position < from).reverse()
    : log.events.filter(({ position }) => from === null || position >= from);
  for (const event of chosen.slice(0, Number(options?.getCount()))) await sender.event(event);
}

async function serveSubscription(sender: EventSender, call: ReadCall, log: FakeLog): Promise<void> {
  const filter = call.request.getOptions()?.getFilter();
  const prefixes = filter?.getStreamIdentifier()?.getPrefixList() ?? [''];
  const window = filter?.hasMax() === true ? filter.getMax() : searchWindowDefault;
  const from = positionOf(call);
  await sender.write(
    new streams.ReadResp().setConfirmation(
      new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId('fake'),
    ),
  );
  await sender.begin();
  // The position of a subscription is one that was seen: it is not given again.
  let index = from === null ? 0 : log.events.findIndex(({ position }) => position > from);
  if (index < 0) index = log.events.length;
  let considered = 0;
  let isCaughtUp = false;
  while (!call.cancelled) {
    const event = log.events[index];
    if (event === undefined) {
      if (!isCaughtUp) {
        await sender.write(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
      }
      isCaughtUp = true;
      await nextAppend(call, log, index);
      continue;
    }
    index += 1;
    considered += 1;
    if (prefixes.some((prefix) => event.stream.startsWith(prefix))) await sender.event(event);
    if (filter !== undefined && considered % window === 0) await sender.checkpoint(event.position);
  }
}

/** Writes what a client is to get, as slowly as it takes it, and does what a fault wants. */
class EventSender {
  readonly #call: ReadCall;
  readonly #fault: FakeFault | undefined;
  #sent = 0;

  constructor(call: ReadCall, fault: FakeFault | undefined) {
    this.#call = call;
    this.#fault = fault;
  }

  async begin(): Promise<void> {
    if (this.#fault?.kind === 'unknown-checkpoint') await this.checkpoint(2n ** 64n - 1n);
  }

  async event(event: FakeEvent): Promise<void> {
    const fault = this.#fault;
    if (fault?.kind === 'cut-after-events' && this.#sent >= fault.events) {
      throw new CallFailed(broken());
    }
    if (fault?.kind === 'hang-after-events' && this.#sent >= fault.events) await never;
    await this.write(toResponse(event));
    if (fault?.kind === 'duplicates') await this.write(toResponse(event));
    this.#sent += 1;
  }

  async checkpoint(position: bigint): Promise<void> {
    const checkpoint = new streams.ReadResp.Checkpoint()
      .setCommitPosition(String(position))
      .setPreparePosition(String(position));
    await this.write(new streams.ReadResp().setCheckpoint(checkpoint));
  }

  async write(response: ReadResp): Promise<void> {
    if (this.#call.cancelled || this.#call.write(response)) return;
    const going = new AbortController();
    const options = { signal: going.signal };
    try {
      await Promise.race([
        once(this.#call, 'drain', options),
        once(this.#call, 'cancelled', options),
      ]);
    } finally {
      going.abort();
    }
  }
}

async function nextAppend(call: ReadCall, log: FakeLog, length: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      forget();
      call.off('cancelled', done);
      resolve();
    };
    const forget = log.onAppend(done);
    call.on('cancelled', done);
    if (call.cancelled || log.events.length > length) done();
  });
}

function isBackwards(call: ReadCall): boolean {
  return call.request.getOptions()?.getReadDirection() === backwards;
}

function positionOf(call: ReadCall): bigint | null {
  const position = call.request.getOptions()?.getAll()?.getPosition();
  return position === undefined ? null : BigInt(position.getCommitPosition());
}

function toResponse(event: FakeEvent): ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(
      new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream, 'utf8')),
    )
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.position))
    .setPreparePosition(String(event.position))
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.contentType)
    // Ticks of 100 ns.
    .set('created', String(BigInt(event.createdMs) * 10_000n));
  const resolved = new streams.ReadResp.ReadEvent()
    .setEvent(recorded)
    .setCommitPosition(String(event.position));
  return new streams.ReadResp().setEvent(resolved);
}
