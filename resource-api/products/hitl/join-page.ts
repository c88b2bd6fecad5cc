/**
 * Where the link of an invitation leads: a page that signs a person in and takes them into the loop in one step. The
 * code is not enough, and neither is being signed in anywhere else.
 */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { pageUrls } from '../../../shared/http/page-urls.js';
import { signIn } from '../../../shared/identity/sign-in/sign-in.js';
import { pageReply } from '../../routing/mailed-page.js';
import { anyone, type Call, get, post } from '../../routing/route.js';
import { joinLoop } from './domain/invitations.js';

const credentials = z.object({ email: z.string().max(254), password: z.string().max(200) });

function askPage(
  { product, services }: Pick<Call, 'product' | 'services'>,
  again?: { email: string; problem: string },
) {
  return pageReply(product, again ? 400 : 200, {
    title: 'Join a loop of reviewers',
    paragraphs: [
      'Questions of the loop will come to you by mail, and your answers decide.',
      `No account yet? Make one at ${pageUrls.signIn(services.config)} with the address that was invited.`,
    ],
    problem: again?.problem,
    fields: [
      { name: 'email', label: 'Email', type: 'email', value: again?.email },
      { name: 'password', label: 'Password', type: 'password' },
    ],
    button: 'Sign in and join',
  });
}

async function join(call: Call<undefined, { code: string }, z.output<typeof credentials>>) {
  const { services, product, body, params, address, userAgent, requestId } = call;
  const user = await signIn(services, { ...body, at: product.id }, { address, userAgent, requestId });
  const viewer = { personId: user.id, product: product.id, environment: 'live' } as const;
  const loop = await joinLoop(services, viewer, params.code);
  return pageReply(product, 200, {
    title: `You are in the loop "${loop.name}"`,
    paragraphs: ['When a question waits for your answer, we write to you. You can close this page.'],
  });
}

const problems: Partial<Record<string, string>> = {
  wrong_password: 'That address and password do not belong together.',
  email_not_verified: 'Open the link in the mail that we sent you when you signed up, then join.',
};

export const joinPageRoutes = [
  get('/join/:code', { by: anyone }, (call) => askPage(call)),
  post('/join/:code', { by: anyone, limits: ['login'], body: credentials, form: true }, async (call) => {
    try {
      return await join(call);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'rate_limited') throw error;
      const problem = problems[error.code] ?? error.data.message ?? 'That did not work.';
      return askPage(call, { email: call.body.email, problem });
    }
  }),
];
