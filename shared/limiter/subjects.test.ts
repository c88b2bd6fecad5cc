import { addressSubject, emailSubject } from './subjects.js';

test('IPv6 callers count by /64', () => {
  expect(addressSubject('2001:db8:1:2:3:4:5:6')).toBe('address:2001:db8:1:2::/64');
  expect(addressSubject('2001:db8:1:2:ffff::1')).toBe(addressSubject('2001:0db8:0001:0002::'));
  expect(addressSubject('2001:db8:1:3::1')).not.toBe(addressSubject('2001:db8:1:2::1'));
});

test('an IPv4 address in IPv6 dress is the same caller', () => {
  expect(addressSubject('::ffff:192.0.2.7')).toBe('address:192.0.2.7');
  expect(addressSubject('192.0.2.7')).toBe('address:192.0.2.7');
});

test('what is no address is one caller', () => {
  expect(addressSubject('nonsense')).toBe('address:unknown');
  expect(addressSubject('')).toBe('address:unknown');
});

test('an email address counts without regard to case, and is not spelled out', () => {
  expect(emailSubject(' Ada@Example.com ')).toBe(emailSubject('ada@example.com'));
  expect(emailSubject('ada@example.com')).not.toContain('ada');
});
