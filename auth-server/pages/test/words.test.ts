import { describeDevice } from '../../../shared/http/device.js';
import { formatDistance } from '../../../shared/ui/timestamp.js';
import { paths, withQuery } from '../paths.js';

const now = new Date('2026-11-21T14:03:22Z');
const after = (seconds: number) => formatDistance(new Date(now.getTime() + seconds * 1000), now);

test.each([
  [0, 'just now'],
  [-59, 'just now'],
  [30, 'in a moment'],
  [-60, '1 minute ago'],
  [-3 * 60, '3 minutes ago'],
  [3600, 'in 1 hour'],
  [-47 * 3600, '1 day ago'],
  [12 * 86_400, 'in 12 days'],
  [-40 * 86_400, '12 October 2026'],
])('a time %d seconds away reads "%s"', (seconds, words) => {
  expect(after(seconds)).toBe(words);
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1', 'Safari on an iPhone'],
  ['<script>alert(1)</script>', 'A browser'],
  [null, 'A browser'],
])('a browser that says %s is told as "%s"', (userAgent, words) => {
  expect(describeDevice(userAgent)).toBe(words);
});

test('an id cannot break out of the path it is put into', () => {
  expect(paths.key('../../account?x=1#y')).toBe('/console/keys/..%2F..%2Faccount%3Fx%3D1%23y');
});

test('a query leaves out what is not there', () => {
  expect(withQuery('/signup', { return_to: '/a?b=c&d', from: undefined })).toBe(
    '/signup?return_to=%2Fa%3Fb%3Dc%26d',
  );
  expect(withQuery('/signup', { return_to: '' })).toBe('/signup');
});
