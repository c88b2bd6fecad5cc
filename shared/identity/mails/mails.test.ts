/** What every mail about an account has, whichever it is. */

import type { MailContent } from '../../mail/mail.js';
import { createTestServices } from '../../testing/services.js';
import type { Origin } from '../people/origin.js';
import {
  addressChangeAskedMail,
  addressChangedMail,
  addressTakenMail,
  confirmNewAddressMail,
} from './email-change.js';
import { passwordChangedMail, passwordResetMail } from './password.js';
import { signInCodeMail } from './sign-in-code.js';
import { knownAddressMail, unfinishedSignUpMail, verificationMail } from './sign-up.js';

const { services, clock } = await createTestServices({ supportEmail: 'help@latchkey.example' });
const link = 'https://auth.example/verify?token=aB-_9&return_to=%2Fconsole';
const origin: Origin = {
  address: '2001:db8::7',
  userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0 <script>alert(1)</script> http://evil.example',
};

const mails: Array<[name: string, mail: MailContent, leadsTo: string | undefined]> = [
  ['verification', verificationMail(services, link, origin), link],
  ['verification with code', verificationMail(services, link, origin, '543210'), link],
  ['known address', knownAddressMail(services, origin), `${services.config.issuer}/signin`],
  ['unfinished sign-up', unfinishedSignUpMail(services, link, origin), link],
  ['password reset', passwordResetMail(services, link, origin), link],
  ['password changed', passwordChangedMail(services, origin), `${services.config.issuer}/forgot`],
  ['confirm new address', confirmNewAddressMail(services, link, origin), link],
  ['address taken', addressTakenMail(services, origin), `${services.config.issuer}/signin`],
  [
    'address change asked',
    addressChangeAskedMail(services, "o'hara&co@example.com", origin),
    `${services.config.issuer}/forgot`,
  ],
  ['address changed', addressChangedMail(services, "o'hara&co@example.com", origin), undefined],
  ['code', signInCodeMail(services, { code: '012345', productName: 'AgentHuman' }, origin), undefined],
];

test.each(mails)('%s: the plain text says it all, and who asked, when, from where', (_, mail, leadsTo) => {
  const day = clock.now().toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  expect(mail.text).toContain(`Asked for on ${day} at `);
  expect(mail.text).toContain('from 2001:db8::7 (Firefox on Windows)');
  expect(mail.text).toMatch(/If it was (not )?you/);
  expect(mail.text).toContain('Questions: help@latchkey.example.');
  if (leadsTo !== undefined) expect(mail.text).toContain(`\n${leadsTo}\n`);
  expect(mail.text).not.toMatch(/<\w|undefined|!/);
  expect(mail.subject).toMatch(/^[A-Z][\w -]{5,60}$/);
});

test.each(mails)(
  '%s: the page has at most one button, with the link in full below it',
  (_, mail, leadsTo) => {
    const { html = '' } = mail;
    const targets = [...html.matchAll(/<a href="([^"]+)"/g)].map(([, href]) =>
      href?.replaceAll('&amp;', '&'),
    );
    expect(targets).toEqual(leadsTo === undefined ? [] : [leadsTo, leadsTo]);
    expect(html).toContain('max-width:600px');
    expect(html).not.toMatch(/<(script|img|link|iframe)\b|url\(|@import/i);
  },
);

test.each(mails)('%s: nothing in it is the asker’s own words', (_, { text, html = '' }) => {
  for (const part of [text, html]) expect(part).not.toMatch(/evil\.example|alert/);
});

test('the development mailbox finds a code in the mail that has one, and in no other', () => {
  const withCode = mails.filter(([, { text }]) => /(?<![\w-])\d{6}(?![\w-])/.test(text));
  expect(withCode.map(([name]) => name)).toEqual(['verification with code', 'code']);
});
