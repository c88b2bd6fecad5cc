import { readElements } from '../../shared/testing/read-html.js';
import { type ConsentProps, consentPage } from './consent.js';
import { common } from './testing/sample-props.js';
import { askedScopes } from './testing/samples.js';

function render(changes: Partial<ConsentProps> = {}): string {
  return consentPage({
    ...common,
    action: '/interaction/abc/consent',
    switchAction: '/interaction/abc/switch',
    appName: 'Quill',
    standing: { kind: 'self-registered' },
    scopes: askedScopes,
    staysClosed: ['See your email.'],
    redirectUri: 'https://quill.example/callback',
    person: { name: 'Maria Lopez', email: 'maria@example.com' },
    duration: 'always',
    ...changes,
  });
}

function fields(html: string, name: string) {
  return readElements(html)
    .map(({ attributes }) => attributes)
    .filter((attributes) => attributes.name === name);
}

test('every scope is a ticked checkbox with its sentence and an example', () => {
  const html = render();
  expect(fields(html, 'scope').map(({ value, type }) => ({ value, type }))).toEqual(
    ['status:read', 'profile:read', 'tasks:dispatch'].map((value) => ({ value, type: 'checkbox' })),
  );
  expect(fields(html, 'scope').every((field) => 'checked' in field)).toBe(true);
  for (const { sentence } of askedScopes) expect(html).toContain(sentence);
  expect(html).toContain('Skills: photography, Spanish.');
});

test.each(['once', '30d', 'always'] as const)('of three durations %s can be preselected', (duration) => {
  const durations = fields(render({ duration }), 'duration');
  expect(durations.map(({ value }) => value)).toEqual(['once', '30d', 'always']);
  expect(durations.filter((field) => 'checked' in field).map(({ value }) => value)).toEqual([duration]);
});

test('Allow and Deny are submit buttons of the same class', () => {
  const [deny, allow] = fields(render(), 'decision');
  expect([deny?.value, allow?.value]).toEqual(['deny', 'allow']);
  expect([deny?.type, allow?.type]).toEqual(['submit', 'submit']);
  expect(deny?.class).toBe(allow?.class);
});

test('the Enter key presses Deny, because Deny comes first in the form', () => {
  const html = render();
  expect(html.indexOf('value="deny"')).toBeLessThan(html.indexOf('value="allow"'));
});

test('the standing of the app is told in words', () => {
  expect(render()).toContain('This app registered itself. Nobody has verified who runs it.');
  expect(render()).toContain('we will ask you again each time');
  expect(render({ standing: { kind: 'verified', host: 'quill.example' } })).toMatch(
    /Verified: run by <[^>]+>quill\.example/,
  );
  expect(render({ standing: { kind: 'registered', by: 'Ana Ruiz' } })).toMatch(
    /Nobody has verified who runs this app.*Registered by .*Ana Ruiz/,
  );
});

test('the host that comes next is shown in mono, a foreign alphabet as punycode', () => {
  expect(render()).toMatch(/<code[^>]*>quill\.example<\/code>/);
  expect(render({ redirectUri: 'https://quіll.example/callback' })).toMatch(
    /<code[^>]*>xn--qull-m9d\.example<\/code>/,
  );
  expect(render({ redirectUri: 'https://good.example@evil.example/' })).toMatch(
    /<code[^>]*>evil\.example<\/code>/,
  );
});

test('a redirect to this device warns whoever did not start a program', () => {
  expect(render({ redirectUri: 'http://127.0.0.1:4555/cb' })).toContain(
    'If you did not just start one yourself, deny.',
  );
  expect(render({ redirectUri: 'quill-desktop://cb' })).toContain('<code>quill-desktop:</code>');
});

test('asking for everything brings a warning, asking for less does not', () => {
  expect(render({ asksForEverything: true })).toContain('asks for everything');
  expect(render()).not.toContain('asks for everything');
});

test('someone who takes no tasks is offered to, unticked, and can deny without it', () => {
  const [offer] = fields(render({ offerToTakeTasks: true }), 'become_human');
  expect(offer).toMatchObject({ type: 'checkbox', required: '' });
  expect(offer).not.toHaveProperty('checked');
  const [deny, allow] = fields(render({ offerToTakeTasks: true }), 'decision');
  expect(deny).toHaveProperty('formnovalidate');
  expect(allow).not.toHaveProperty('formnovalidate');
});

test('whoever is signed in is named and can say that it is not them', () => {
  const html = render();
  expect(html).toContain('maria@example.com');
  expect(html).toContain('action="/interaction/abc/switch"');
});

test('what the app wants to see and what it wants to do are two groups', () => {
  const html = render();
  expect(
    [...html.matchAll(/<legend><bdi>Quill<\/bdi> wants to (see|do)<\/legend>/g)].map(([, kind]) => kind),
  ).toEqual(['see', 'do']);
});
