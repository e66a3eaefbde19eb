import { setTimeout as delay } from 'node:timers/promises';
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import codePb from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { FakeFaults } from './fake-faults.ts';
import type { FakeAppendOutcome, FakeExpectation, FakeLog, ProposedEvent } from './fake-log.ts';
import { appendTooLarge, broken, errorOfFault, streamDeleted } from './grpc-errors.ts';

type SentMessage = Pick<
  AppendReq.ProposedMessage,
  'getId' | 'getMetadataMap' | 'getData_asU8' | 'getCustomMetadata_asU8'
>;

/** One append per call: `streams.Streams/Append`. */
export function appendHandler(
  log: FakeLog,
  faults: FakeFaults,
): handleClientStreamingCall<AppendReq, AppendResp> {
  return (call, reply) => {
    const fault = faults.meet('append');
    const requests: AppendReq[] = [];
    call.on('data', (request: AppendReq) => requests.push(request));
    // The client may have given up.
    call.on('error', () => undefined);
    call.on('end', () => {
      void (async () => {
        const error = errorOfFault(fault);
        if (error !== undefined) {
          reply(error);
          return;
        }
        if (fault?.kind === 'hang') return;
        if (fault?.kind === 'cut-before') {
          reply(broken());
          return;
        }
        if (fault?.kind === 'slow') await delay(fault.delayMs);
        const { stream, expected, proposed } = readAppend(requests);
        const outcome = log.append(stream, expected, proposed);
        if (fault?.kind === 'reply-lost') return;
        if (fault?.kind === 'cut-after') {
          reply(broken());
          return;
        }
        replyToAppend(reply, stream, expected, outcome);
      })();
    });
  };
}

/** All appends of a client in one call: `streams.Streams/BatchAppend`. */
export function batchAppendHandler(
  log: FakeLog,
  faults: FakeFaults,
): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> {
  return (call) => {
    const open = new Map<string, BatchAppendReq[]>();
    call.on('error', () => undefined);
    call.on('end', () => {
      call.end();
    });
    call.on('data', (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId()?.getString() ?? '';
      const chunks = [...(open.get(correlation) ?? []), request];
      open.set(correlation, chunks);
      if (!request.getIsFinal()) return;
      open.delete(correlation);
      const fault = faults.meet('batch-append');
      void (async () => {
        if (fault?.kind === 'busy')
          return void call.write(batchRefusal(chunks, 'Server Is Not Ready'));
        const error = errorOfFault(fault);
        if (error !== undefined) return void call.emit('error', error);
        if (fault?.kind === 'hang') return;
        if (fault?.kind === 'cut-before') return void call.emit('error', broken());
        if (fault?.kind === 'slow') await delay(fault.delayMs);
        const { stream, expected, proposed } = readBatch(chunks);
        const outcome = log.append(stream, expected, proposed);
        if (fault?.kind === 'reply-lost') return;
        if (fault?.kind === 'cut-after') return void call.emit('error', broken());
        call.write(batchReply(chunks, expected, outcome));
      })();
    });
  };
}

interface Append {
  readonly stream: string;
  readonly expected: FakeExpectation;
  readonly proposed: readonly ProposedEvent[];
}

function readAppend(requests: readonly AppendReq[]): Append {
  const options = requests[0]?.getOptions();
  const stream = nameOf(options?.getStreamIdentifier()?.getStreamName_asU8());
  const messages = requests.flatMap((request) => request.getProposedMessage() ?? []);
  let expected: FakeExpectation = Number(options?.getRevision());
  if (options?.hasNoStream() === true) expected = 'no-stream';
  if (options?.hasAny() === true) expected = 'any';
  if (options?.hasStreamExists() === true) expected = 'stream-exists';
  return { stream, expected, proposed: messages.map(toProposed) };
}

function readBatch(chunks: readonly BatchAppendReq[]): Append {
  const options = chunks[0]?.getOptions();
  const stream = nameOf(options?.getStreamIdentifier()?.getStreamName_asU8());
  const messages = chunks.flatMap((chunk) => chunk.getProposedMessagesList());
  let expected: FakeExpectation = Number(options?.getStreamPosition());
  if (options?.hasNoStream() === true) expected = 'no-stream';
  if (options?.hasAny() === true) expected = 'any';
  if (options?.hasStreamExists() === true) expected = 'stream-exists';
  return { stream, expected, proposed: messages.map(toProposed) };
}

function nameOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

function toProposed(message: SentMessage): ProposedEvent {
  const properties = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: properties.get('type') ?? '',
    contentType: properties.get('content-type') ?? '',
    data: message.getData_asU8().slice(),
    metadata: message.getCustomMetadata_asU8().slice(),
  };
}

function replyToAppend(
  reply: sendUnaryData<AppendResp>,
  stream: string,
  expected: FakeExpectation,
  outcome: FakeAppendOutcome,
): void {
  const response = new streams.AppendResp();
  switch (outcome.kind) {
    case 'success': {
      const position = new streams.AppendResp.Position()
        .setCommitPosition(String(outcome.position))
        .setPreparePosition(String(outcome.position));
      response.setSuccess(
        new streams.AppendResp.Success()
          .setCurrentRevision(String(outcome.revision))
          .setPosition(position),
      );
      break;
    }
    case 'wrong-version': {
      const wrong = new streams.AppendResp.WrongExpectedVersion();
      if (outcome.currentRevision < 0) wrong.setCurrentNoStream(new shared.Empty());
      else wrong.setCurrentRevision(String(outcome.currentRevision));
      if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
      else if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
      else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new shared.Empty());
      else wrong.setExpectedRevision(String(expected));
      response.setWrongExpectedVersion(wrong);
      break;
    }
    case 'deleted':
      reply(streamDeleted(stream));
      return;
    case 'too-large':
      reply(appendTooLarge(outcome.maxBytes));
      return;
  }
  reply(null, response);
}

/** What a server says in a batch that it cannot do now: in an answer, with empty details. */
function batchRefusal(chunks: readonly BatchAppendReq[], message: string): BatchAppendResp {
  const details = new anyPb.Any();
  details.pack(new emptyPb.Empty().serializeBinary(), 'google.protobuf.Empty');
  return new streams.BatchAppendResp()
    .setCorrelationId(chunks[0]?.getCorrelationId())
    .setStreamIdentifier(chunks[0]?.getOptions()?.getStreamIdentifier())
    .setError(
      new statusPb.Status()
        .setCode(codePb.Code.UNAVAILABLE)
        .setMessage(message)
        .setDetails(details),
    );
}

function batchReply(
  chunks: readonly BatchAppendReq[],
  expected: FakeExpectation,
  outcome: FakeAppendOutcome,
): BatchAppendResp {
  const response = new streams.BatchAppendResp()
    .setCorrelationId(chunks[0]?.getCorrelationId())
    .setStreamIdentifier(chunks[0]?.getOptions()?.getStreamIdentifier());
  if (outcome.kind === 'success') {
    const position = new shared.AllStreamPosition()
      .setCommitPosition(String(outcome.position))
      .setPreparePosition(String(outcome.position));
    return response.setSuccess(
      new streams.BatchAppendResp.Success()
        .setCurrentRevision(String(outcome.revision))
        .setPosition(position),
    );
  }
  const details = new anyPb.Any();
  switch (outcome.kind) {
    case 'wrong-version': {
      const wrong = new shared.WrongExpectedVersion();
      if (outcome.currentRevision < 0) wrong.setCurrentNoStream(new emptyPb.Empty());
      else wrong.setCurrentStreamRevision(String(outcome.currentRevision));
      if (expected === 'no-stream') wrong.setExpectedNoStream(new emptyPb.Empty());
      else if (expected === 'any') wrong.setExpectedAny(new emptyPb.Empty());
      else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new emptyPb.Empty());
      else wrong.setExpectedStreamPosition(String(expected));
      details.pack(wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion');
      break;
    }
    case 'deleted':
      details.pack(
        new shared.StreamDeleted().serializeBinary(),
        'event_store.client.StreamDeleted',
      );
      break;
    case 'too-large':
      details.pack(
        new shared.MaximumAppendSizeExceeded().setMaxappendsize(outcome.maxBytes).serializeBinary(),
        'event_store.client.MaximumAppendSizeExceeded',
      );
      break;
  }
  return response.setError(
    new statusPb.Status()
      .setCode(codePb.Code.FAILED_PRECONDITION)
      .setMessage(outcome.kind)
      .setDetails(details),
  );
}
