import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

/** A line to a server on this machine that can be cut, as a network does. */
export interface BreakableLine extends AsyncDisposable {
  readonly url: string;
  /** Breaks every connection; while the line is `down`, new ones are broken too. */
  readonly cut: (afterwards: 'up' | 'down') => void;
  readonly repair: () => void;
  /** Connections that it was ever asked for. */
  readonly connections: () => number;
}

export async function openLineTo(port: number): Promise<BreakableLine> {
  const sockets = new Set<Socket>();
  let state: 'up' | 'down' = 'up';
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  let connections = 0;
  const server = createServer((near) => {
    connections += 1;
    keep(near);
    if (state === 'down') {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const ownPort = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = (afterwards: 'up' | 'down'): void => {
    state = afterwards;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `esdb://127.0.0.1:${ownPort}?tls=false`,
    cut,
    repair: () => {
      state = 'up';
    },
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      cut('down');
      server.close();
      await once(server, 'close');
    },
  };
}
