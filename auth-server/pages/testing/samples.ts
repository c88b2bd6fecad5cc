/**
 * Every page with plausible props, for the tests that hold for all pages and for looking at them. `say` wraps each
 * text that a person or an app wrote, so that a test can make all of them hostile at once.
 */
import { connectedAppsPage } from '../account/connected-apps.js';
import { accountErasedPage, erasePage } from '../account/erase.js';
import { profilePage } from '../account/profile.js';
import { securityPage } from '../account/security.js';
import { sessionsPage } from '../account/sessions.js';
import { checkYourMailPage } from '../check-your-mail.js';
import { connectedPage, connectPage } from '../connect.js';
import { consentPage } from '../consent.js';
import { consentRefusedPage } from '../consent-refused.js';
import { devMailPage } from '../dev-mail.js';
import { deviceCodePage } from '../device-code.js';
import { deviceConfirmPage } from '../device-confirm.js';
import { deviceDonePage } from '../device-done.js';
import { errorPage, notFoundPage } from '../error.js';
import { forgotPasswordPage } from '../forgot-password.js';
import { frontPage } from '../front.js';
import { resetPasswordPage } from '../reset-password.js';
import { selectAccountPage } from '../select-account.js';
import { sendAgainPage } from '../send-again.js';
import { signInPage } from '../sign-in.js';
import { signedOutPage, signOutPage } from '../sign-out.js';
import { signUpPage } from '../sign-up.js';
import { verifyEmailPage } from '../verify-email.js';
import { renderConsoleSamples } from './console-samples.js';
import { common, desk, type Say } from './sample-props.js';

export const askedScopes = [
  {
    name: 'status:read',
    kind: 'see' as const,
    sentence: 'See your status, energy, mood and whether you are available.',
    example: 'Energy 0.7 and rising, focused, at a desk, open to new tasks.',
  },
  {
    name: 'tasks:dispatch',
    kind: 'do' as const,
    sentence: 'Send you tasks to do.',
    example: '"Pick up a parcel at the station by 6 pm", with a deadline and a reward. You can decline.',
    isNew: true,
  },
  {
    name: 'profile:read',
    kind: 'see' as const,
    sentence: 'See your profile: skills and preferences.',
    example: 'Skills: photography, Spanish.',
  },
];

function ago(hours: number): Date {
  return new Date(common.now.getTime() - hours * 3_600_000);
}

function renderSigningIn(say: Say): Record<string, string> {
  const returnTo = '/console/keys?product=workbench';
  return {
    'select-account': selectAccountPage({
      ...common,
      action: '/interaction/abc/account',
      switchAction: '/interaction/abc/switch',
      appName: say('Quill'),
      person: { name: say('Maria'), email: 'maria@example.com' },
    }),
    'sign-in': signInPage({ ...common, action: '/signin', returnTo }),
    'sign-in-wrong': signInPage({
      ...common,
      action: '/interaction/abc/sign-in',
      email: say('maria@example.com'),
      appName: say('Quill'),
      error: 'This email and password do not fit together. Nothing was changed.',
    }),
    front: frontPage({ supportEmail: common.supportEmail }),
    'sign-up': signUpPage({ ...common, returnTo }),
    'sign-up-wrong': signUpPage({
      ...common,
      values: { name: say('Maria Lopez'), email: say('maria@'), takesTasks: true },
      errors: {
        email: 'This does not look like an address.',
        password: 'This has 4 characters. 8 or more are needed.',
      },
    }),
    'check-your-mail': checkYourMailPage({
      ...common,
      email: say('maria@example.com'),
      reason: 'verify',
      keptHere: true,
    }),
    'check-your-mail-reset': checkYourMailPage({
      ...common,
      email: say('maria@example.com'),
      reason: 'reset',
    }),
    'verify-asked': verifyEmailPage({
      ...common,
      state: 'asked',
      email: say('maria@example.com'),
      token: 'token',
    }),
    'verify-done': verifyEmailPage({ ...common, state: 'done', email: say('maria@example.com') }),
    'verify-signed-in': verifyEmailPage({
      ...common,
      state: 'done',
      email: say('maria@example.com'),
      signedIn: true,
    }),
    'change-asked': verifyEmailPage({
      ...common,
      state: 'asked',
      isChange: true,
      email: say('maria@example.com'),
      token: 'token',
    }),
    'change-done': verifyEmailPage({
      ...common,
      state: 'done',
      isChange: true,
      signedIn: true,
      email: say('maria@example.com'),
    }),
    'change-gone': verifyEmailPage({ ...common, state: 'gone', isChange: true }),
    'verify-gone': verifyEmailPage({ ...common, state: 'gone', email: say('maria@example.com') }),
    forgot: forgotPasswordPage({ ...common, email: say('maria@example.com') }),
    reset: resetPasswordPage({ ...common, token: 'token' }),
    'reset-gone': resetPasswordPage({ ...common }),
    'sign-out': signOutPage({ ...common, action: '/signout', appName: say('Quill'), hidden: { xsrf: 'x' } }),
    'signed-out': signedOutPage({ supportEmail: common.supportEmail }),
  };
}

function renderDeciding(say: Say): Record<string, string> {
  const asked = {
    ...common,
    action: '/interaction/abc/consent',
    switchAction: '/interaction/abc/switch',
    appName: say('Quill'),
    scopes: askedScopes,
    staysClosed: ['see your password or your email address', 'act for you in other apps'],
    redirectUri: 'https://quill.example/callback',
    lapsesAfterDays: 30,
    duration: 'always' as const,
    person: { name: say('Maria Lopez'), email: say('maria@example.com') },
  };
  return {
    consent: consentPage({ ...asked, standing: { kind: 'verified', host: say('quill.example') } }),
    'consent-self-registered': consentPage({
      ...asked,
      standing: { kind: 'self-registered' },
      firstSeen: ago(0.05),
      redirectUri: 'http://127.0.0.1:4555/callback',
      asksForEverything: true,
      error: 'Nothing was ticked. Leave at least one on, or deny.',
    }),
    'consent-becoming-human': consentPage({
      ...asked,
      standing: { kind: 'registered', by: say('Ana Ruiz') },
      redirectUri: 'quill-desktop://callback',
      offerToTakeTasks: true,
    }),
    'consent-refused': consentRefusedPage({
      ...asked,
      standing: { kind: 'registered', by: say('Ana Ruiz') },
      peopleInPlan: 3,
    }),
    'device-code': deviceCodePage({ ...common, action: '/device', xsrf: 'x', code: 'BCDF-GHJK' }),
    'device-code-wrong': deviceCodePage({
      ...common,
      action: '/device',
      xsrf: 'x',
      error: 'We know no such code. Look at your device once more.',
    }),
    'device-confirm': deviceConfirmPage({
      ...common,
      action: '/device',
      xsrf: 'x',
      code: 'BCDF-GHJK',
      appName: say('Quill'),
      standing: { kind: 'registered', by: say('Ana Ruiz') },
      address: '203.0.113.7',
      device: 'A browser on Linux',
      elsewhere: true,
    }),
    'device-done': deviceDonePage({ ...common, decision: 'allowed', appName: say('Quill') }),
    'device-refused': deviceDonePage({ ...common, decision: 'refused' }),
    'consent-document': consentPage({ ...asked, standing: { kind: 'document', host: 'quill.example' } }),
    'consent-device': consentPage({
      ...asked,
      standing: { kind: 'registered', by: say('Ana Ruiz') },
      redirectUri: undefined,
    }),
    error: errorPage({
      title: 'This request is not complete',
      problem: say('The app sent you here without saying where to go back to.'),
      stillStands: 'Nothing was shared, and you are still signed in.',
      whatToDo: 'Go back to the app and try again. If it happens twice, tell its makers.',
      requestId: 'req_8Kq2mPxW4nTz',
      supportEmail: common.supportEmail,
    }),
    'send-again': sendAgainPage({
      csrf: common.csrf,
      problem: 'This page was open for too long, and nothing was saved.',
      action: '/console/keys/1/roll',
      fields: [['grace_seconds', say('3600')]],
      requestId: 'req_8Kq2mPxW4nTz',
    }),
    'not-found': notFoundPage({ requestId: 'req_8Kq2mPxW4nTz' }),
    'dev-mail': devMailPage({
      now: common.now,
      mails: [
        {
          id: '1',
          to: say('maria@example.com'),
          subject: say('Verify your address'),
          text: say('Hello Maria,\n\nopen this link to verify your address.'),
          links: [
            'http://localhost:3000/verify?token=8Kq2mPxW4nTz8Kq2mPxW4nTz8Kq2mPxW4nTz',
            'javascript:alert(1)',
          ],
          code: '123456',
          at: ago(0.1),
        },
      ],
    }),
    'dev-mail-empty': devMailPage({ now: common.now, mails: [] }),
  };
}

function renderAccount(say: Say): Record<string, string> {
  const page = desk(say);
  return {
    'connected-apps': connectedAppsPage({
      ...page,
      notice: 'Ledgerly is disconnected. Its next call fails.',
      connections: [
        {
          id: 'c1',
          appName: say('Quill'),
          verifiedHost: say('quill.example'),
          scopes: askedScopes,
          grantedAt: ago(900),
          lastUsedAt: ago(0.2),
          endsAt: null,
        },
        {
          id: 'c2',
          appName: say('A rather long application name that goes on'),
          verifiedHost: null,
          scopes: askedScopes.slice(0, 1),
          grantedAt: ago(40),
          lastUsedAt: null,
          endsAt: ago(-500),
        },
      ],
    }),
    'connected-apps-empty': connectedAppsPage({ ...page, connections: [] }),
    sessions: sessionsPage({
      ...page,
      sessions: [
        {
          id: 's1',
          userAgent: say('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'),
          address: '203.0.113.7',
          signedInAt: ago(30),
          lastSeenAt: ago(0),
          isThis: true,
        },
        {
          id: 's2',
          userAgent: say(
            'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1',
          ),
          address: '2001:db8:85a3::8a2e:370:7334',
          signedInAt: ago(300),
          lastSeenAt: ago(52),
          isThis: false,
        },
        {
          id: 's3',
          userAgent: null,
          address: null,
          signedInAt: ago(700),
          lastSeenAt: ago(650),
          isThis: false,
        },
      ],
    }),
    security: securityPage({
      ...page,
      pendingEmail: say('maria.lopez@example.org'),
      errors: { current_password: 'This is not your password. Nothing was changed.' },
    }),
    profile: profilePage({
      ...page,
      values: {
        name: say('Maria Lopez'),
        takesTasks: true,
        skills: say('Spanish, photography'),
        about: say('I walk a lot and take pictures on the way.'),
        availability: 'available',
        quietFrom: '22:00',
        quietTo: '07:30',
        timeZone: 'Europe/Madrid',
      },
      availabilityChoices: [
        { value: 'available', label: 'Available', hint: 'Tasks reach you at once.' },
        { value: 'busy', label: 'Busy', hint: 'Tasks wait; urgent ones may knock.' },
        { value: 'away', label: 'Away', hint: 'No task is offered to you.' },
      ],
    }),
    erase: erasePage({
      ...page,
      counts: { keys: 3, apps: 1, peopleConnected: 12, connections: 2, openTasks: 1 },
    }),
    connect: connectPage({
      ...page,
      action: '/connect/abc',
      missing: 'Nobody has agreed to take tasks from you yet.',
      invites: true,
      simulated: false,
    }),
    'connect-wrong': connectPage({
      ...page,
      action: '/connect/abc',
      missing: 'Nobody has agreed to take tasks from you yet.',
      invites: true,
      simulated: true,
      email: say('nobody'),
      errors: { email: 'Email must be an email address.' },
    }),
    connected: connectedPage({ outcome: 'invited', supportEmail: common.supportEmail }),
    erased: accountErasedPage({
      supportEmail: common.supportEmail,
      counts: { keys: 3, apps: 1, peopleConnected: 12, connections: 2, openTasks: 1 },
    }),
  };
}

/** By page name, the HTML of each page, in each of its variants. */
export function renderSamples(say: Say = (text) => text): Record<string, string> {
  return {
    ...renderSigningIn(say),
    ...renderDeciding(say),
    ...renderAccount(say),
    ...renderConsoleSamples(say),
  };
}
