/** Workers: people with a password. They register, confirm their address, sign in, and say who they are. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { updateHumanProfile } from '../../../shared/identity/people/human-profile.js';
import { findHuman, type Human } from '../../../shared/identity/people/humans.js';
import { findUserById, renameUser, type User } from '../../../shared/identity/people/users.js';
import { findEmailLink } from '../../../shared/identity/sign-in/email-links.js';
import { issueSessionJwt } from '../../../shared/identity/sign-in/session-jwts.js';
import { endSessionJwt } from '../../../shared/identity/sign-in/session-status.js';
import { signIn } from '../../../shared/identity/sign-in/sign-in.js';
import { registerUser, resendVerification, verifyEmail } from '../../../shared/identity/sign-in/sign-up.js';
import { inTransaction, type Services } from '../../../shared/services.js';
import { text } from '../../body/member-schemas.js';
import { clearable } from '../../body/null-members.js';
import { sessionClaims } from '../../routing/caller.js';
import { linkProblemPage, pageReply } from '../../routing/mailed-page.js';
import { reply } from '../../routing/reply.js';
import { anyone, type Call, get, patch, post } from '../../routing/route.js';
import { asWorker, isoTime, originOf, workerId } from './conventions.js';
import { getWorkerRecord } from './domain/task-lists.js';

const registration = z.strictObject({ name: z.string(), email: z.string(), password: z.string() });

const changes = z.strictObject({
  name: z.string().optional(),
  bio: clearable(text(0, 1000), '').optional(),
  skills: clearable(z.array(z.string()), []).optional(),
  /** Whether new tasks may be offered right now. */
  available: z.boolean().optional(),
  time_zone: z.string().max(64).optional(),
});

/** The page behind the mailed link. */
const verificationPage = ({ baseUrl }: Pick<Call, 'baseUrl'>) => ({
  page: `${baseUrl}/api/v1/worker/verify`,
});

const tokenQuery = z.object({ token: z.string().max(200).default('') });

const askAgain = 'If your address is not confirmed yet, ask for another link.';

const workerSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  email_verified: z.boolean(),
  bio: z.string(),
  skills: z.array(z.string()),
  available: z.boolean(),
  time_zone: z.string(),
  trust_score: z.number(),
  tasks_completed: z.int(),
  tasks_disputed: z.int(),
  earned_cents: z.int(),
  created_at: z.iso.datetime(),
});

const registeredSchema = workerSchema.pick({ id: true, name: true, email: true, email_verified: true });

/** Throws `access_denied` for a person who takes no tasks. */
async function describeWorker(services: Services, user: User): Promise<z.input<typeof workerSchema>> {
  const human = await getHuman(services, user.id);
  const standing = await getWorkerRecord(services, user.id);
  return {
    id: workerId(user.id),
    name: user.name,
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    bio: human.bio,
    skills: human.skills,
    available: human.acceptsTasks,
    time_zone: human.timeZone,
    trust_score: standing.trustScore,
    tasks_completed: standing.approved,
    tasks_disputed: standing.disputed,
    earned_cents: standing.earnedCents,
    created_at: isoTime(user.createdAt),
  };
}

async function getHuman(services: Services, id: string): Promise<Human> {
  const human = await findHuman(services, id);
  if (!human) throw new DomainError('access_denied', { message: 'This account does not take tasks' });
  return human;
}

async function describeCaller(services: Services, personId: string) {
  const user = await findUserById(services, personId);
  if (!user) throw new DomainError('token_invalid');
  return { worker: await describeWorker(services, user) };
}

export const workerRoutes = [
  post(
    '/api/v1/worker/register',
    {
      by: anyone,
      limits: ['workerRegistration'],
      body: registration,
      reference: {
        summary: 'Register a worker and send a link that confirms the email address.',
        responses: { 201: z.strictObject({ worker: registeredSchema }) },
        errors: ['already_registered'],
      },
    },
    async (call) => {
      const { services, body } = call;
      const user = await registerUser(
        services,
        { ...body, human: true },
        originOf(call),
        verificationPage(call),
      );
      const { name, email } = user;
      return reply(201, { worker: { id: workerId(user.id), name, email, email_verified: false } });
    },
  ),
  get('/api/v1/worker/verify', { by: anyone, query: tokenQuery }, async ({ services, product, query }) => {
    const found = await findEmailLink(services, 'verify_email', query.token);
    if ('problem' in found) return linkProblemPage(product, found.problem, askAgain);
    return pageReply(product, 200, {
      title: 'Confirm your address',
      paragraphs: [
        `Confirm that ${found.link.email} is your address, and your account is active.`,
        'If you did not make an account here, close this page: nothing happens then.',
      ],
      button: 'Confirm the address',
    });
  }),
  post('/api/v1/worker/verify', { by: anyone, query: tokenQuery, form: true }, async (call) => {
    const verified = await verifyEmail(call.services, call.query.token, originOf(call));
    if ('problem' in verified) return linkProblemPage(call.product, verified.problem, askAgain);
    return pageReply(call.product, 200, {
      title: 'Your address is confirmed',
      paragraphs: ['Your account is active: you can sign in and take tasks.'],
    });
  }),
  post(
    '/api/v1/worker/verify/resend',
    {
      by: anyone,
      limits: ['verificationMail'],
      body: z.strictObject({ email: z.string() }),
      reference: {
        summary: 'Send another link that confirms the email address.',
        responses: { 202: z.strictObject({ message: z.string() }) },
      },
    },
    async (call) => {
      await resendVerification(call.services, call.body, originOf(call), verificationPage(call));
      return reply(202, { message: 'If this address waits for confirmation, a new link is on its way.' });
    },
  ),
  post(
    '/api/v1/worker/login',
    {
      by: anyone,
      limits: ['login'],
      body: z.strictObject({ email: z.string(), password: z.string() }),
      reference: {
        summary: 'Sign in with email and password.',
        responses: { 200: z.strictObject({ worker: workerSchema, token: z.string() }) },
        errors: ['wrong_password', 'email_not_verified', 'access_denied'],
      },
    },
    async (call) => {
      const { services, product, body } = call;
      const user = await signIn(services, { ...body, at: product.id }, originOf(call));
      const worker = await describeWorker(services, user);
      const { token } = await issueSessionJwt(services, product, { user, role: 'worker' });
      return { worker, token };
    },
  ),
  post(
    '/api/v1/worker/signout',
    {
      ...asWorker,
      reference: { summary: 'Sign out.', responses: { 200: z.strictObject({ message: z.string() }) } },
    },
    async (call) => {
      await endSessionJwt(call.services, call.product, sessionClaims(call.caller), originOf(call));
      return { message: 'Signed out' };
    },
  ),
  get(
    '/api/v1/worker/me',
    {
      ...asWorker,
      reference: {
        summary: 'Get the worker that makes this call.',
        responses: { 200: z.strictObject({ worker: workerSchema }) },
        errors: ['access_denied'],
      },
    },
    ({ services, caller }) => describeCaller(services, caller.personId),
  ),
  patch(
    '/api/v1/worker/me',
    {
      ...asWorker,
      body: changes,
      reference: {
        summary: 'Change the given fields of the worker.',
        responses: { 200: z.strictObject({ worker: workerSchema }) },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const { services, caller, body } = call;
      const { name, time_zone: timeZone, ...profile } = body;
      const actor = { kind: 'person', id: caller.personId, ...originOf(call) } as const;
      return inTransaction(services, async (tx) => {
        if (name !== undefined) await renameUser(tx, { userId: caller.personId, name }, actor);
        await updateHumanProfile(
          tx,
          caller.personId,
          { ...profile, timeZone, displayName: name?.trim() },
          actor,
        );
        return describeCaller(tx, caller.personId);
      });
    },
  ),
];
