import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

it('no secret reaches a log line, at the top or below it', () => {
  const lines: string[] = [];
  const log = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  log.info(
    { apiKey: 's3cret', headers: { authorization: 's3cret', 'x-api-key': 's3cret' }, a: { b: { token: 's3cret' } } },
    'x',
  );
  log.info({ admin: { keySecret: 's3cret' }, password: 's3cret', request: { headers: { cookie: 's3cret' } } }, 'y');
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).not.toContain('s3cret');
    expect(JSON.parse(line)).toMatchObject({ service: 'test' });
  }
});
