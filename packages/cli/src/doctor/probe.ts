import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const timeoutMs = 5_000;

/** What a server's address says. @throws {Error} when it is no URL. */
function addressOf(text: string, port: number) {
  const { protocol, hostname, port: given, username, password } = new URL(text);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(given || port),
    tls: ['rediss:', 'tls:'].includes(protocol),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
type Address = ReturnType<typeof addressOf>;

/**
 * Sends what `next` makes of all that came so far, until it gives an answer.
 *
 * @throws {Error} when the server is away, hangs up, or says nothing for 5 s.
 */
function talk<T>({ host, port, tls }: Address, next: (heard: string, socket: Socket) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    let heard = '';
    const end = (finish: () => void) => {
      socket.destroy();
      finish();
    };
    const look = () => {
      const answer = next(heard, socket);
      if (answer !== undefined) end(() => resolve(answer));
    };
    socket.setTimeout(timeoutMs, () => end(() => reject(new Error('says nothing'))));
    socket.once('error', (error: NodeJS.ErrnoException) => end(() => reject(new Error(error.code ?? error.message))));
    socket.once('close', () => reject(new Error('hung up')));
    socket.once(tls ? 'secureConnect' : 'connect', look);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      look();
    });
  });
}

export interface NatsAnswer {
  version: string;
  jetstream: boolean;
  /** What it says when it does not let us in. */
  refused: string | undefined;
}

/** Introduces itself to a NATS server (its client protocol: INFO, CONNECT, PING) and leaves. @throws {Error} */
export function probeNats(url: string): Promise<NatsAnswer> {
  const address = addressOf(url, 4222);
  const { user, password } = address;
  let greeted = false;
  return talk(address, (heard, socket) => {
    const info = /^INFO (\{.*\})\s*\r\n/.exec(heard)?.[1];
    if (info === undefined) return undefined;
    const { version, jetstream = false } = JSON.parse(info) as { version: string; jetstream?: boolean };
    if (!greeted) {
      greeted = true;
      const login = user ? { user, pass: password } : {};
      socket.write(
        `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, name: 'rostrum doctor', ...login })}\r\nPING\r\n`,
      );
    }
    const refused = /^-ERR '(.*)'/m.exec(heard)?.[1];
    return refused === undefined && !/^PONG/m.test(heard) ? undefined : { version, jetstream, refused };
  });
}

/** Sends AUTH, where the URL has a password, and PING to a Redis server. @returns what it says. @throws {Error} */
export function probeRedis(url: string): Promise<string> {
  const address = addressOf(url, 6379);
  const { user, password } = address;
  const commands = [...(password ? [['AUTH', ...(user ? [user] : []), password]] : []), ['PING']];
  let sent = false;
  return talk(address, (heard, socket) => {
    if (!sent) {
      sent = true;
      socket.write(commands.map(encoded).join(''));
    }
    const lines = heard.split('\r\n').slice(0, -1);
    return lines.length < commands.length ? undefined : (lines.find((line) => line.startsWith('-')) ?? lines.at(-1));
  });
}

/** RESP, an array of bulk strings. */
function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
