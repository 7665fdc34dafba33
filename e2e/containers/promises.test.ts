import { Containers } from '@rostrum/testkit';
import { afterAll, beforeAll } from 'vitest';
import { keepsItsPromises } from '../promises.ts';

let containers: Containers;
beforeAll(async () => {
  containers = await Containers.start({ conductor: 'real' });
});
afterAll(() => containers?.stop());

keepsItsPromises(() => containers);
