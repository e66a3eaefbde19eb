import type { handleBidiStreamingCall, handleUnaryCall, ServerDuplexStream } from '@grpc/grpc-js';
import persistent from '@eventstore/db-client/generated/persistent_pb.js';
import type {
  CreateReq,
  CreateResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/persistent_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { FakeFault, FakeFaults } from './fake-faults.ts';
import type { FakeConsumer, FakeGroup, FakeGroups } from './fake-groups.ts';
import type { FakeEvent } from './fake-log.ts';
import { broken, errorOfFault, groupExists, groupMissing } from './grpc-errors.ts';

type ReadCall = ServerDuplexStream<ReadReq, ReadResp>;

/** `persistent_subscriptions.PersistentSubscriptions/Create`, for streams. */
export function createGroupHandler(
  groups: FakeGroups,
  faults: FakeFaults,
): handleUnaryCall<CreateReq, CreateResp> {
  return (call, reply) => {
    const fault = faults.meet('create-group');
    const error = errorOfFault(fault);
    if (error !== undefined) {
      reply(error);
      return;
    }
    if (fault?.kind === 'hang') return;
    const options = call.request.getOptions();
    // The field of servers before 21.10, which this client still fills in and all servers still read.
    const stream = nameOf(options?.getStreamIdentifier());
    const name = options?.getGroupName() ?? '';
    const settings = options?.getSettings();
    const isNew = groups.create(stream, name, {
      startFrom: startOf(settings?.getRevision()),
      messageTimeoutMs: settings?.getMessageTimeoutMs() ?? 0,
      retriesMax: settings?.getMaxRetryCount() ?? 0,
    });
    if (isNew) reply(null, new persistent.CreateResp());
    else reply(groupExists(stream, name));
  };
}

/** `persistent_subscriptions.PersistentSubscriptions/Read`: what a consumer is sent, and its answers. */
export function readGroupHandler(
  groups: FakeGroups,
  faults: FakeFaults,
): handleBidiStreamingCall<ReadReq, ReadResp> {
  return (call) => {
    const fault = faults.meet('read-group');
    // A client that has gone needs no answer.
    call.on('error', () => undefined);
    const error = errorOfFault(fault) ?? (fault?.kind === 'cut-before' ? broken() : undefined);
    if (error !== undefined) {
      call.emit('error', error);
      return;
    }
    if (fault?.kind !== 'hang') serve(call, groups, fault);
  };
}

function serve(call: ReadCall, groups: FakeGroups, fault: FakeFault | undefined): void {
  let joined: { readonly group: FakeGroup; readonly consumer: FakeConsumer } | null = null;
  call.on('data', (request: ReadReq) => {
    const options = request.getOptions();
    if (options !== undefined) {
      const stream = nameOf(options.getStreamIdentifier());
      const group = groups.find(stream, options.getGroupName());
      if (group === undefined) {
        call.emit('error', groupMissing(stream, options.getGroupName()));
        return;
      }
      const confirmation = new persistent.ReadResp.SubscriptionConfirmation();
      call.write(
        new persistent.ReadResp().setSubscriptionConfirmation(
          confirmation.setSubscriptionId('fake'),
        ),
      );
      joined = { group, consumer: consumerOf(call, options.getBufferSize(), fault) };
      group.join(joined.consumer);
    }
    const ids = request.getAck()?.getIdsList() ?? [];
    joined?.group.acknowledge(ids.map((id) => id.getString()));
  });
  const gone = (): void => {
    joined?.group.leave(joined.consumer);
    joined = null;
  };
  call.on('cancelled', gone);
  call.on('end', () => {
    gone();
    call.end();
  });
}

function consumerOf(
  call: ReadCall,
  inFlightMax: number,
  fault: FakeFault | undefined,
): FakeConsumer {
  let sent = 0;
  return {
    inFlightMax,
    send: (event, retries) => {
      if (fault?.kind === 'cut-after-events' && sent >= fault.events) {
        call.emit('error', broken());
        return;
      }
      call.write(toResponse(event, retries));
      if (fault?.kind === 'duplicates') call.write(toResponse(event, retries));
      sent += 1;
    },
  };
}

/** As 64 bits without a sign; all of them set means the end, which is what a client asks for that says nothing. */
function startOf(revision: string | undefined): number | 'end' {
  return revision === undefined || BigInt(revision) === 2n ** 64n - 1n ? 'end' : Number(revision);
}

function nameOf(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

function toResponse(event: FakeEvent, retries: number): ReadResp {
  const recorded = new persistent.ReadResp.ReadEvent.RecordedEvent()
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
  const resolved = new persistent.ReadResp.ReadEvent()
    .setEvent(recorded)
    .setCommitPosition(String(event.position));
  if (retries > 0) resolved.setRetryCount(retries);
  else resolved.setNoRetryCount(new shared.Empty());
  return new persistent.ReadResp().setEvent(resolved);
}
