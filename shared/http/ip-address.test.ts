import type { IncomingMessage } from 'node:http';
import { pino } from 'pino';
import { ipAddressOf, parseIpAddress } from './ip-address.js';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:51234', '192.0.2.7'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['2001:DB8:0::1', '2001:db8::1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['[::ffff:192.0.2.7]:80', '192.0.2.7'],
  ['unknown', undefined],
  ['_hidden', undefined],
  ['192.0.2', undefined],
  ['3232235777', undefined],
  ['192.0.2.7:', undefined],
  ['[192.0.2.7', undefined],
  ['192.0.2.7; drop', undefined],
  ['', undefined],
])('the forwarded entry %j is read as %j', (entry, expected) => {
  expect(parseIpAddress(entry)).toBe(expected);
});

test('an unreadable entry is logged once, and the connection is counted instead', () => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const request = (forwarded: string) =>
    ({
      headers: { 'x-forwarded-for': forwarded },
      socket: { remoteAddress: '::ffff:10.0.0.1' },
    }) as unknown as IncomingMessage;
  for (const entry of ['secret-value', 'unknown', 'secret-value']) {
    expect(ipAddressOf(request(entry), 1, logger)).toBe('10.0.0.1');
  }
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('proxy.header_unreadable');
  expect(lines[0]).not.toContain('secret-value');
  expect(ipAddressOf(request('192.0.2.9, 192.0.2.7:80'), 1, logger)).toBe('192.0.2.7');
  expect(ipAddressOf(request('192.0.2.9, 192.0.2.7:80'), 0, logger)).toBe('10.0.0.1');
});
