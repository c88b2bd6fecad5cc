/** What HaaS contributes to the MCP server: a task for one human. */

import { findHuman } from '../../../shared/identity/people/humans.js';
import { findPlan, planDefinition } from '../../../shared/identity/people/plans.js';
import { personSubject } from '../../../shared/ids.js';
import { haas as product } from '../../../shared/products/haas.js';
import type { Services } from '../../../shared/services.js';
import {
  type Askable,
  type Asker,
  type PeopleRequestStatus,
  requestKind,
} from '../../routing/agent-tools.js';
import { cancelTask } from './dispatch/cancel.js';
import { listCandidates } from './dispatch/candidates.js';
import { clarifyTask } from './dispatch/clarify.js';
import { createTask } from './dispatch/create.js';
import { getTask, type TaskOwner, type TaskStatus } from './dispatch/task.js';
import { inviteHuman } from './domain/invitations.js';
import { listConsentingIds, type Reach } from './domain/reachable-humans.js';
import { newTask, readTask } from './task-schemas.js';

const input = newTask
  .pick({
    title: true,
    description: true,
    human_id: true,
    priority: true,
    skills: true,
    deadline: true,
    metadata: true,
  })
  .extend({ type: newTask.shape.type.default('digital').describe('The kind of work, such as physical.') });

const statuses: Record<TaskStatus, PeopleRequestStatus> = {
  queued: 'waiting',
  offered: 'waiting',
  accepted: 'working',
  in_progress: 'working',
  blocked: 'needs_input',
  paused: 'working',
  submitted: 'working',
  completed: 'done',
  failed: 'declined',
  expired: 'expired',
  declined: 'declined',
  cancelled: 'cancelled',
};

async function planOf(services: Services, { personId }: Asker) {
  return planDefinition(product, await findPlan(services, personId, product));
}

async function reachOf(services: Services, asker: Asker): Promise<Reach> {
  const { humans } = await planOf(services, asker);
  return { accountId: asker.personId, product: product.id, humans: humans ?? Number.POSITIVE_INFINITY };
}

const ownerOf = ({ personId, environment }: Asker): TaskOwner => ({
  accountId: personId,
  product: product.id,
  environment,
});

export const taskKind = requestKind({
  kind: 'task',
  inTest: true,
  ask: {
    name: 'dispatch_task',
    title: 'Send a task to a person',
    description:
      'Sends a task to one human from list_humans, or to the best match when human_id is left out. Returns at once; the human may decline, or ask back.',
    pays: false,
    input,
    async create(tx, asker, given) {
      const { environment, credential } = asker;
      const plan = await planOf(tx, asker);
      const wanted = readTask(newTask.parse(given), tx.clock.now(), environment === 'test');
      const task = await createTask(
        tx,
        {
          ...(await reachOf(tx, asker)),
          environment,
          keyId: credential.kind === 'key' ? credential.id : null,
          clientId: credential.kind === 'client' ? credential.id : null,
          concurrentTasks: plan.concurrentTasks ?? Number.POSITIVE_INFINITY,
        },
        wanted,
      );
      return task.id;
    },
  },
  connecting: {
    missing: 'Nobody has agreed to take tasks from you yet, or not the person who was named.',
    invites: true,
    async accept(tx, { id, environment }, email) {
      // Simulated humans agree to everything.
      if (environment === 'live' && email !== undefined) await inviteHuman(tx, id, email);
    },
  },
  async read(services, asker, id) {
    const task = await getTask(services, ownerOf(asker), id);
    const human = task.humanId === null ? undefined : await findHuman(services, task.humanId);
    return {
      status: statuses[task.status],
      human: human ? { id: personSubject(human.id), name: human.displayName } : null,
      question: task.status === 'blocked' ? task.question : null,
      answer: task.result ?? (task.status === 'declined' ? task.statusReason : null),
      deadline: task.deadline,
      createdAt: task.createdAt,
      updatedAt: task.updatedAt,
    };
  },
  async cancel(tx, asker, id) {
    await cancelTask(tx, ownerOf(asker), id, undefined);
  },
  async clarify(tx, asker, id, answer) {
    await clarifyTask(tx, ownerOf(asker), id, answer);
  },
  async listAskable(services, asker, { offset, limit }): Promise<Askable[]> {
    const among =
      asker.environment === 'test'
        ? 'simulated'
        : await listConsentingIds(services, await reachOf(services, asker), 'tasks:dispatch');
    const found = await listCandidates(services, { accountId: asker.personId, among });
    // Words and skills of their own are a profile, which not everybody shows who takes tasks.
    const profiles =
      asker.environment === 'test'
        ? 'simulated'
        : await listConsentingIds(services, await reachOf(services, asker), 'profile:read');
    return found.slice(offset, offset + limit).map(({ id, displayName, bio, skills }) => {
      const shown = profiles === 'simulated' || profiles.includes(id);
      return {
        id: personSubject(id),
        type: 'human',
        name: displayName,
        description: shown ? bio : '',
        skills: shown ? skills : [],
      };
    });
  },
});
