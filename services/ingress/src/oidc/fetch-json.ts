/** Largest document that is read (bytes): a set of a hundred RSA keys with certificates is smaller. */
const MAX_BYTES = 512 * 1024;

/**
 * A JSON document of an issuer. Redirects are refused: what is believed is what the configured address says itself. The
 * signal bounds the whole of it, the body included.
 *
 * @throws {Error} whatever goes wrong; what it says is for the log.
 */
export async function fetchJson(url: string, signal: AbortSignal): Promise<{ value: unknown; bytes: number }> {
  const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Counted once they are unpacked: a small compressed body may be a large one.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')), bytes };
}
