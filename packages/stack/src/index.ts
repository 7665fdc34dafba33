export { type Binary, findBinaries, findBinary, MissingBinaryError } from './binaries.ts';
export { type Child, type ChildOptions, type Exit, StartError, startChild } from './child.ts';
export { type Conductor, conductorEnvironment, type Surroundings, serviceEnvironment } from './environment.ts';
export { applyConfiguration, applyExampleRoutes, loadExampleDefinitions, startExampleWorker } from './examples.ts';
export { guard } from './guard.ts';
export { type Keys, loadKeys, newKeys } from './keys.ts';
export { type NatsOptions, startNats } from './nats.ts';
export { root, stateDirectory } from './paths.ts';
export { freePort, isPortFree, isPortTaken, withFreePort } from './ports.ts';
export { type RedisOptions, startRedis } from './redis.ts';
export { asUser, natsAuthorization, natsLiveness, newPasswords, type Passwords, redisAcl } from './rights/render.ts';
export {
  type NatsUser,
  natsRights,
  natsUsers,
  operator,
  redisRights,
  type RedisUser,
  redisUsers,
} from './rights/table.ts';
export { type SentinelOptions, startSentinel } from './sentinel.ts';
export type { Server } from './server.ts';
export { type Service, type ServiceName, type ServiceOptions, startService } from './service.ts';
export { Stack, type StackOptions } from './stack.ts';
