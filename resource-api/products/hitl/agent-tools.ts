/** What HITL.sh contributes to the MCP server: a question to the members of a loop. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { hitl as product } from '../../../shared/products/hitl.js';
import {
  type Askable,
  type Asker,
  type PeopleRequestStatus,
  requestKind,
} from '../../routing/agent-tools.js';
import { cancelRequest } from './domain/endings.js';
import { inviteMember } from './domain/invitations.js';
import { createLoop, listLoops, type Viewer } from './domain/loops.js';
import { createRequest } from './domain/request-creation.js';
import { getOwnRequest, type RequestStatus } from './domain/requests.js';
import type { ResponseConfig, ResponseType } from './domain/response-rules.js';

const answerTypes = {
  text: 'text',
  choice: 'single_select',
  choices: 'multi_select',
  rating: 'rating',
  number: 'number',
} as const satisfies Record<string, ResponseType>;

type AnswerType = keyof typeof answerTypes;

const input = z.object({
  loop_id: z
    .string()
    .regex(/^[0-9a-f]{24}$/)
    .describe('The id of a loop from list_humans: all of its members see the question.'),
  question: z.string().trim().min(1).max(2000).describe('What to ask, as Markdown.'),
  answer_type: z
    .enum(Object.keys(answerTypes) as [AnswerType, ...AnswerType[]])
    .default('text')
    .describe('choice and choices need options; rating is 1 to 5.'),
  options: z.array(z.string().trim().min(1).max(200)).min(1).max(20).optional(),
  default_answer: z
    .union([z.string().max(5000), z.number(), z.array(z.string().max(200)).max(20)])
    .optional()
    .describe('The answer that stands when nobody replied in time.'),
  timeout_seconds: z.int().min(60).max(86_400).default(3600),
});

const viewerOf = ({ personId, environment }: Pick<Asker, 'personId' | 'environment'>): Viewer => ({
  personId,
  product: product.id,
  environment,
});

const statuses: Record<RequestStatus, PeopleRequestStatus> = {
  pending: 'waiting',
  claimed: 'working',
  completed: 'done',
  timeout: 'expired',
  cancelled: 'cancelled',
};

export const questionKind = requestKind({
  kind: 'question',
  inTest: true,
  ask: {
    name: 'ask_people',
    title: 'Ask people a question',
    description:
      'Puts a question before the members of a review loop. Returns at once; the first reply of a member is the answer.',
    pays: false,
    input,
    async create(tx, asker, given) {
      const viewer = viewerOf(asker);
      const { total } = await listLoops(tx, viewer, { limit: 1, offset: 0 });
      if (total === 0) throw new DomainError('consent_required', { message: 'You have no loop yet.' });
      const config: ResponseConfig = given.options === undefined ? {} : { options: given.options };
      const { request } = await createRequest(tx, viewer, {
        loopId: given.loop_id,
        keyId: asker.credential.id,
        processingType: 'time-sensitive',
        type: 'markdown',
        priority: 'medium',
        requestText: given.question,
        imageUrl: null,
        context: null,
        timeoutSeconds: given.timeout_seconds,
        responseType: answerTypes[given.answer_type],
        responseConfig: config,
        defaultResponse: given.default_answer ?? null,
        platform: null,
        platformVersion: null,
        callbackUrl: null,
      });
      return request.id;
    },
  },
  connecting: {
    missing: 'You have no review loop yet. A loop is a group of people who reply to questions.',
    invites: true,
    async accept(tx, person, email) {
      const viewer = viewerOf({ personId: person.id, environment: person.environment });
      const actor = { kind: 'person', id: person.id } as const;
      const [existing] = (await listLoops(tx, viewer, { limit: 1, offset: 0 })).loops;
      const members = { name: 'Reviewers', description: 'Replies to the questions of agents.', icon: null };
      const loop = existing ?? (await createLoop(tx, viewer, members, actor));
      if (email === undefined) return;
      try {
        await inviteMember(tx, viewer, { loopId: loop.id, email }, actor);
      } catch (error) {
        // A member, or somebody who is invited already: there is somebody to ask.
        if (!(error instanceof DomainError) || error.code !== 'conflict') throw error;
      }
    },
  },
  async read(services, asker, id) {
    const request = await getOwnRequest(services, viewerOf(asker), id);
    return {
      status: statuses[request.status],
      human: null,
      question: null,
      answer: request.responseData ?? null,
      deadline: request.timeoutAt,
      createdAt: request.createdAt,
      updatedAt: request.updatedAt,
    };
  },
  async cancel(tx, asker, id) {
    await cancelRequest(tx, viewerOf(asker), id);
  },
  async listAskable(services, asker, page): Promise<Askable[]> {
    const { loops } = await listLoops(services, viewerOf(asker), page);
    return loops.map(({ id, name, description }) => ({ id, type: 'loop', name, description, skills: [] }));
  },
});
