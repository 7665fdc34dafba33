import type { Server, Socket } from 'node:net';
import { plainAddress } from '@rostrum/service/networks';
import { readProxyHeader } from './proxy-protocol.ts';

export interface ProxiedOptions {
  /** Whose connections begin with a header; others' never do, so that nobody else can say to be somebody. */
  from(address: string): boolean;
  /** Whether theirs have to, or may. */
  required: boolean;
  /** How long a connection may take to say it (ms). */
  timeoutMs: number;
}

type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/**
 * Reads the PROXY protocol's header off each connection before the server sees it, TLS included, which begins after it. What
 * it gives says for a connection from whom it came by that header. To be called before the server listens.
 */
export function acceptProxied(server: Server, options: ProxiedOptions): (peer: Peer) => string | undefined {
  // By the other end's address and port: a TLS connection is another object than the one that it runs on.
  const sources = new Map<string, string>();
  const nameOf = ({ remoteAddress, remotePort }: Peer) => `${remoteAddress} ${remotePort}`;
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  const accept = (socket: Socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.on('connection', (socket: Socket) => {
    if (!options.from(plainAddress(socket.remoteAddress ?? '') ?? '')) return accept(socket);
    readOff(socket, options, (source) => {
      if (source !== undefined) {
        const name = nameOf(socket);
        sources.set(name, source);
        socket.once('close', () => sources.delete(name));
      }
      accept(socket);
    });
  });
  return (peer) => (sources.size === 0 ? undefined : sources.get(nameOf(peer)));
}

/** Destroys the socket where the header is not what it has to be, or does not come. */
function readOff(socket: Socket, { required, timeoutMs }: ProxiedOptions, done: (source?: string) => void): void {
  let bytes = Buffer.alloc(0);
  const giveUp = () => socket.destroy();
  const timer = setTimeout(giveUp, timeoutMs);
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('error', giveUp).off('end', giveUp).off('close', stop);
  };
  const onReadable = () => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read())
      bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header === 'more') return;
    if (header === 'malformed' || (header === 'none' && required)) return giveUp();
    stop();
    const rest = header === 'none' ? bytes : bytes.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    done(header === 'none' ? undefined : header.source);
  };
  socket.on('readable', onReadable).on('error', giveUp).on('end', giveUp).on('close', stop);
}
