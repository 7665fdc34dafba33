import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Answer } from './support.ts';

/** A connection on which this text was sent, which need be no request. */
export async function open(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** The answer to whatever was sent there: to be read until the server hangs up. */
export async function answerOn(socket: Socket): Promise<Answer> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk as string;
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((each) => {
    const colon = each.indexOf(':');
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
  });
  const body = text.slice(end + 4);
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(headers), body: JSON.parse(body) };
}
