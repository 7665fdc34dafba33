import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import { amongNetworks, plainAddress } from '@rostrum/service/networks';
import type { Settings } from '../config.ts';
import { acceptProxied } from './accept-proxied.ts';
import { addressIn, type ForwardedHeader, forwardedFor } from './forwarded.ts';

/**
 * Whose address counts, where proxies are trusted to say by whom they were called: the last one named that is not a trusted
 * proxy itself. What stands before it was said by who is not trusted. `peer`: who has opened the connection.
 */
export function clientAddress(
  peer: string,
  said: string | undefined,
  header: ForwardedHeader,
  trusted: (address: string) => boolean,
): string {
  let address = peer;
  if (said === undefined || !trusted(address)) return address;
  for (const named of forwardedFor(header, said).toReversed()) {
    const before = addressIn(named ?? '');
    if (before === undefined) return address;
    address = before;
    if (!trusted(address)) return address;
  }
  return address;
}

/** Says from which address requests of this server come; to be called before it listens. Empty where that is gone already. */
export function addressesOf(server: Server, settings: Settings): (request: IncomingMessage) => string {
  const { TRUSTED_PROXIES, FORWARDED_HEADER, PROXY_PROTOCOL_FROM, PROXY_PROTOCOL_REQUIRED, HEADERS_TIMEOUT_MS } =
    settings;
  const sourceOf = acceptProxied(server, {
    from: amongNetworks(PROXY_PROTOCOL_FROM),
    required: PROXY_PROTOCOL_REQUIRED,
    timeoutMs: HEADERS_TIMEOUT_MS,
  });
  const trusted = amongNetworks(TRUSTED_PROXIES);
  return ({ socket, headers }) => {
    const peer = sourceOf(socket) ?? plainAddress(socket.remoteAddress ?? '') ?? '';
    const said = headers[FORWARDED_HEADER];
    return clientAddress(peer, typeof said === 'string' ? said : undefined, FORWARDED_HEADER, trusted);
  };
}
