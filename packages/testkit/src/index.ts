export type { Admin } from './admin.ts';
export { buildImages, Containers, type ContainersOptions, type ComposeService } from './containers.ts';
export { temporaryDirectory } from './directory.ts';
export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
export { type LoadOptions, type LoadResult, load } from './load.ts';
export { rounds } from './rounds.ts';
export { useNats, useRedis } from './servers.ts';
export type { Target } from './target.ts';
export { namespace, type WaitOptions, waitFor } from './wait-for.ts';
