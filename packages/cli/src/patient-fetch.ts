import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { Readable } from 'node:stream';

export interface PatientInit {
  method: string;
  headers: Record<string, string>;
  body: NonNullable<RequestInit['body']> | null;
}

/**
 * A request that waits for its answer as long as the server keeps the connection: `fetch` ends one after 300 s of silence,
 * and Node has no option for that. Does not follow redirections.
 *
 * @throws when there is no connection, or it breaks before the answer begins.
 */
export async function patientFetch(url: string, { method, headers, body }: PatientInit): Promise<Response> {
  const bytes = body === null ? undefined : Buffer.from(await new Response(body).arrayBuffer());
  const send = url.startsWith('https:') ? secure : plain;
  return new Promise((resolve, reject) => {
    const length = bytes === undefined ? {} : { 'content-length': bytes.length };
    send(url, { method, headers: { ...headers, ...length } }, (incoming) => {
      const given = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      const stream = Readable.toWeb(incoming) as ReadableStream;
      resolve(new Response(stream, { status: incoming.statusCode ?? 0, headers: given }));
    })
      .once('error', reject)
      // A host that has vanished would never say so.
      .once('socket', (socket) => socket.setKeepAlive(true, 30_000))
      .end(bytes);
  });
}
