/** A human's own tasks: what was sent to them, and what they do with it. */
import { z } from 'zod';
import { countCharacters } from '../../../shared/characters.js';
import { checkFreeForm, visibleText } from '../../body/member-schemas.js';
import type { JwtCaller } from '../../routing/caller.js';
import { type Call, get, jwt, post, type Route } from '../../routing/route.js';
import {
  askAboutTask,
  doWithTask,
  type HumanTask,
  type PlainDeed,
  progressTask,
  submitTask,
} from './dispatch/human-work.js';
import { listTasksOfHuman } from './dispatch/list.js';
import { pageQuery } from './task-schemas.js';
import { humanTaskSchema, humanTaskView, pageSchemas, pageView } from './task-view.js';

const by = [jwt('worker')] as const;

const words = visibleText(1, 1_000);
const reasoned = z.object({ reason: words.optional() });
const progress = z.object({ percent: z.int().min(0).max(100), note: words.optional() });
const question = z.object({ question: visibleText(1, 5_000) });

const maximumResultCharacters = 100_000;

/** A text, which may be long, or a value of any shape. */
const result = z.object({
  result: z.unknown().superRefine((value, context) => {
    if (value === undefined || value === null) context.addIssue('is required');
    else if (typeof value !== 'string') checkFreeForm(value, context);
    else if (countCharacters(value) > maximumResultCharacters)
      context.addIssue(`must have at most ${maximumResultCharacters} characters`);
  }),
});

const which = ({ caller, product, params }: Call<JwtCaller, { id: string }>): HumanTask => ({
  humanId: caller.personId,
  product: product.id,
  taskId: params.id,
});

const plainDeeds: Readonly<Record<PlainDeed, string>> = {
  accept: 'Accept a task.',
  decline: 'Decline a task.',
  start: 'Start the work on a task.',
  pause: 'Pause the work on a task.',
  resume: 'Resume the work on a task.',
  fail: 'Give a task up.',
};

const refer = (summary: string) => ({
  reference: { summary, responses: { 200: humanTaskSchema }, errors: ['conflict'] } as const,
});

export const myTaskRoutes: Route[] = [
  get(
    '/v1/me/tasks',
    {
      by,
      query: pageQuery,
      reference: {
        summary: 'List the tasks that were sent to the human, the newest first.',
        responses: { 200: z.strictObject(pageSchemas(humanTaskSchema)) },
      },
    },
    async ({ services, caller, product, query }) => {
      const { limit, cursor, status } = query;
      const mine = { humanId: caller.personId, product: product.id, status };
      return pageView(await listTasksOfHuman(services, mine, { limit, cursor }), humanTaskView);
    },
  ),

  ...(Object.keys(plainDeeds) as PlainDeed[]).map((deed) =>
    post(`/v1/me/tasks/:id/${deed}`, { by, body: reasoned, ...refer(plainDeeds[deed]) }, async (call) =>
      humanTaskView(await doWithTask(call.services, which(call), deed, call.body.reason)),
    ),
  ),

  post(
    '/v1/me/tasks/:id/progress',
    { by, body: progress, ...refer('Report progress on a task.') },
    async (call) => humanTaskView(await progressTask(call.services, which(call), call.body)),
  ),

  post(
    '/v1/me/tasks/:id/block',
    { by, body: question, ...refer('Ask the app a question about a task.') },
    async (call) => humanTaskView(await askAboutTask(call.services, which(call), call.body.question)),
  ),

  post(
    '/v1/me/tasks/:id/submit',
    { by, body: result, ...refer('Submit the result of a task.') },
    async (call) => humanTaskView(await submitTask(call.services, which(call), call.body.result)),
  ),
];
