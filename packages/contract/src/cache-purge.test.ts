import { describe, expect, it } from 'vitest';
import { cachePurgeSchema } from './cache-purge.ts';
import { faultsOf } from './common.ts';

const faults = (body: unknown) => {
  const { error } = cachePurgeSchema.safeParse(body);
  return error ? faultsOf(error).map(({ pointer }) => pointer) : [];
};

describe('the body of a purge', () => {
  it.each([
    { serviceId: 's' },
    { serviceId: 's', method: 'GET', path: '/a/{b}' },
    { serviceId: 's', key: '' },
    { serviceId: 's', method: 'GET', path: '/', keyPrefix: 'customer-' },
    { tag: 'team:a' },
    { tag: { key: 'team', value: '' } },
    [{ serviceId: 's' }, { tag: 'a:b' }],
    { serviceId: 's', key: null, tag: null },
  ])('may be %j', (body) => expect(faults(body)).toEqual([]));

  it.each([
    [{}, ['/serviceId']],
    [{ key: 'k' }, ['/serviceId']],
    [{ serviceId: 's', tag: 'a:b' }, ['/serviceId']],
    [{ tag: 'a:b', keyPrefix: 'k' }, ['/keyPrefix']],
    [{ serviceId: 's', method: 'GET' }, ['/path']],
    [{ serviceId: 's', path: '/a' }, ['/method']],
    [{ serviceId: 's', key: 'k', keyPrefix: 'k' }, ['/keyPrefix']],
    [{ serviceId: 's', keyPrefix: '' }, ['/keyPrefix']],
    [{ serviceId: 's}', method: 'TRACE', path: 'a' }, ['/serviceId', '/method', '/path']],
    [{ serviceId: 's', keys: 'k' }, ['/keys']],
    [{ tag: 'none' }, ['/tag']],
    [[{ serviceId: 's' }, { serviceId: 5 }], ['/1/serviceId']],
    [[], ['']],
    [undefined, ['']],
  ])('may not be %j', (body, at) => expect(faults(body)).toEqual(at));
});
