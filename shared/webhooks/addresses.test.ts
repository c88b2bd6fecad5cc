import { parseWebhookUrl } from './addresses.js';

const strict = { production: false, outboundAllow: [] };

test.each([
  'https://hooks.example/a?b=c#d',
  'http://hooks.example:8080',
  'https://203.0.113.example.org/',
  'https://xn--bcher-kva.example/',
])('%s is kept as given', (url) => {
  expect(parseWebhookUrl(strict, url)).toBe(url);
});

test.each([
  'http://localhost/',
  'http://LOCALHOST:3000/',
  'http://localhost./',
  'http://api.localhost/',
  'http://printer.local/',
  'http://Printer.LOCAL./',
  'http://vault.internal/',
  'http://vault.INTERNAL..',
  'http://nas.home.arpa/',
  'http://postgres/',
  'http://postgres:5432/',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://127.0.0.1./',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://169.254.169.254/',
  'http://10.0.0.1/',
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
])('%s is refused with the name of the setting that would allow it', (url) => {
  expect(() => parseWebhookUrl(strict, url, 'callback_url')).toThrow(
    /^callback_url must be .*OUTBOUND_ALLOW/,
  );
});

test.each([
  'https://hooks.example/a\r\nX-Header: 1',
  'https://hooks.example/\n',
  'https://hooks.ex\tample/',
  ' https://hooks.example/',
  'https://hooks.example/a b',
  'https://hooks.example/\u0000',
  'https://hooks.example/\u202e',
])('%j is refused, because another URL would be called than was given', (url) => {
  expect(() => parseWebhookUrl(strict, url)).toThrow('url must not contain spaces, line breaks or control');
});

test('OUTBOUND_ALLOW opens what it contains: loopback names with loopback, other private names with any range', () => {
  const loopback = { production: false, outboundAllow: ['127.0.0.0/8'] };
  expect(parseWebhookUrl(loopback, 'http://localhost:3000/')).toBe('http://localhost:3000/');
  expect(parseWebhookUrl(loopback, 'http://127.0.0.1/')).toBe('http://127.0.0.1/');
  expect(() => parseWebhookUrl(loopback, 'http://10.0.0.1/')).toThrow('OUTBOUND_ALLOW');
  const network = { production: false, outboundAllow: ['10.0.0.0/8'] };
  expect(parseWebhookUrl(network, 'http://vault.internal/')).toBe('http://vault.internal/');
  expect(() => parseWebhookUrl(network, 'http://localhost/')).toThrow('OUTBOUND_ALLOW');
});
