import type { FastifyRequest } from 'fastify';

/** Does something that may wait, with a signal that is aborted when the client goes away or the server stops. */
export async function untilGone<T>(
  request: FastifyRequest,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  const { socket } = request.raw;
  socket.once('close', leave);
  stopping.addEventListener('abort', leave);
  if (stopping.aborted) leave();
  try {
    return await work(gone.signal);
  } finally {
    socket.off('close', leave);
    stopping.removeEventListener('abort', leave);
  }
}
