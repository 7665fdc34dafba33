export { type Bus, type BusOptions, type BusStats, joinBus } from './bus.ts';
export { type Deadline, deadlineIn } from './deadline.ts';
export { DeadlineWheel, type Expiring } from './deadline-wheel.ts';
export { BusError, type BusFault } from './errors.ts';
export { readOverBus } from './read.ts';
export { type RequestOptions, requestName } from './requests.ts';
export type { Handler, Incoming, OnFault, Responder } from './responder.ts';
