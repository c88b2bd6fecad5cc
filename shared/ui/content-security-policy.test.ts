import { buildContentSecurityPolicy } from './content-security-policy.js';

test('82: nothing runs, loads, frames or rebases that is not of the own origin', () => {
  expect(buildContentSecurityPolicy()).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
});

test.each([
  ['https://quill.example/callback?x=1', 'https://quill.example'],
  ['http://127.0.0.1:4555/callback', 'http://127.0.0.1:4555'],
  ['http://[::1]:4555/callback', 'http:'],
  ['quill-desktop://callback', 'quill-desktop:'],
])('a form may lead to the redirect URI %s, and no further than %s', (redirectUri, source) => {
  expect(buildContentSecurityPolicy([redirectUri])).toContain(`form-action 'self' ${source};`);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'not a uri',
  'https://a;b.example/',
  'https://a,b.example/',
])('the redirect URI %s adds nothing to the policy', (redirectUri) => {
  expect(buildContentSecurityPolicy([redirectUri])).toBe(buildContentSecurityPolicy());
});
