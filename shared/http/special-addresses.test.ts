import { isCallable, parseRanges } from './special-addresses.js';

const special = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.8.8.8',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '64:ff9b:1::a00:1',
  '100::1',
  '2001::1',
  '2001:2::1',
  '2001:10::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  'localhost',
  '',
];

test.each(special)('"%s" is not called', (address) => {
  expect(isCallable(address, [])).toBe(false);
});

test.each(['1.1.1.1', '93.184.215.14', '172.32.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
  '%s is called',
  (address) => {
    expect(isCallable(address, [])).toBe(true);
  },
);

test('an operator allows ranges and single addresses, and nothing beside them', () => {
  const allowed = parseRanges(['10.1.0.0/16', '127.0.0.1', 'fd00:1::/32', '::1']);
  for (const address of ['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd00:1::5', '::1']) {
    expect(isCallable(address, allowed)).toBe(true);
  }
  for (const address of ['10.2.0.1', '127.0.0.2', 'fd00:2::5', '169.254.169.254']) {
    expect(isCallable(address, allowed)).toBe(false);
  }
  expect(() => parseRanges(['intranet'])).toThrow();
});
