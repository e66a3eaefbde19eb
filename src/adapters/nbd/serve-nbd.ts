import { createServer, type Server, type Socket } from 'node:net';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { answerRequests } from './answer-requests.ts';
import { ByteBudget } from './byte-budget.ts';
import { ConnectionEnded } from './connection-ended.ts';
import type { NbdExport } from './nbd-export.ts';
import { nbdLimits } from './nbd-limits.ts';
import { negotiate } from './negotiate.ts';
import { SocketReader } from './socket-reader.ts';
import { SocketWriter } from './socket-writer.ts';

export interface NbdServerOptions {
  readonly exports: readonly NbdExport[];
  /** 0 takes a port that is free. */
  readonly port: number;
  readonly host: string;
  /** Told of what could not be read, in one line. */
  readonly onProblem: (line: string) => void;
  /** Default: that of the limits. */
  readonly handshakeTimeoutMs?: number;
}

export interface NbdServer {
  readonly host: string;
  readonly port: number;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Serves images, read-only, by the Network Block Device protocol: fixed newstyle, simple and
 * structured replies, `base:allocation`. Without encryption and without asking who is there: whoever
 * can connect can read.
 *
 * @throws INVALID_ARGUMENT when it cannot listen there
 */
export async function serveNbd(options: NbdServerOptions): Promise<NbdServer> {
  const { exports, onProblem, handshakeTimeoutMs = nbdLimits.handshakeTimeoutMs } = options;
  const budget = new ByteBudget(nbdLimits.bytesInFlightMax);
  const sockets = new Set<Socket>();
  const conversations = new Set<Promise<void>>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // What fails is met by whoever reads or writes.
    socket.on('error', () => undefined);
    const conversation = converse(socket, {
      exports,
      budget,
      onProblem,
      handshakeTimeoutMs,
    }).finally(() => {
      socket.destroy();
      sockets.delete(socket);
      conversations.delete(conversation);
    });
    conversations.add(conversation);
  });
  server.maxConnections = nbdLimits.connectionsMax;
  const { host, port } = await listen(server, options);
  return {
    host,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
      for (const socket of sockets) socket.destroy();
      await Promise.allSettled(conversations);
      await closed;
    },
  };
}

type Conversation = Pick<NbdServerOptions, 'exports' | 'onProblem'> & {
  readonly budget: ByteBudget;
  readonly handshakeTimeoutMs: number;
};

/** Never rejects: how a connection ends is no matter of anybody but its client. */
async function converse(
  socket: Socket,
  { exports, budget, onProblem, handshakeTimeoutMs }: Conversation,
): Promise<void> {
  const line = { reader: new SocketReader(socket), writer: new SocketWriter(socket) };
  const handshake = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
  try {
    const agreement = await negotiate(line, exports);
    clearTimeout(handshake);
    if (agreement === null) return;
    socket.setKeepAlive(true);
    const abandon = (): void => void socket.destroy();
    await answerRequests({ ...agreement, ...line, budget, onProblem, abandon });
    await new Promise<void>((resolve) => socket.end(resolve));
  } catch (error) {
    if (error instanceof ConnectionEnded) return;
    onProblem(`a connection was ended: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(handshake);
  }
}

function listen(
  server: Server,
  { host, port }: NbdServerOptions,
): Promise<{ readonly host: string; readonly port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new SnapledgerError(
          'INVALID_ARGUMENT',
          `cannot listen at ${host}:${port}: ${cause.message}`,
          {
            cause,
            remedy: 'Choose another port, or 0 for one that is free.',
          },
        ),
      );
    });
    server.listen({ host, port }, () => {
      const address = server.address();
      const isInternet = typeof address === 'object' && address !== null;
      resolve(isInternet ? { host: address.address, port: address.port } : { host, port });
    });
  });
}
