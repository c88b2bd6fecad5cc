/** Humans as an app sees them: how they are, what they can do, and what they did for this app. */

import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import type { QuietHours } from '../../../shared/identity/people/human-profile.js';
import { personSubject } from '../../../shared/ids.js';
import { accessToken, apiKey, get } from '../../routing/route.js';
import { reachHuman, taskOwnerOf } from './access.js';
import { getTaskStatistics, listTasks } from './dispatch/list.js';
import { findWorkAtHand } from './dispatch/work-at-hand.js';
import { findAbsence } from './domain/absence.js';
import { profileSchema, statusSchema } from './human-schemas.js';
import { statusView } from './status-view.js';
import { pageQuery } from './task-schemas.js';
import {
  pageSchemas,
  pageView,
  statisticsSchema,
  statisticsView,
  taskSchema,
  taskView,
} from './task-view.js';

export const humanRoutes = [
  get(
    '/v1/humans/:id/status',
    {
      by: [apiKey(), accessToken('status:read')],
      reference: {
        summary: 'Get the status of a human.',
        responses: { 200: statusSchema },
        errors: ['consent_required', 'plan_limit', 'access_denied'],
      },
    },
    async (call) => {
      const { services, params } = call;
      const human = await reachHuman(call, params.id, 'status:read');
      const now = services.clock.now();
      return statusView(
        human,
        now,
        findAbsence(human, now),
        await findWorkAtHand(services, human, taskOwnerOf(call)),
      );
    },
  ),

  get(
    '/v1/humans/:id/profile',
    {
      by: [apiKey(), accessToken('profile:read')],
      reference: {
        summary: 'Get the profile of a human.',
        responses: { 200: profileSchema },
        errors: ['consent_required', 'plan_limit'],
      },
    },
    async (call) => {
      const human = await reachHuman(call, call.params.id, 'profile:read');
      if (human.profile.hidden === true) throw new DomainError('not_found', { subject: 'human' });
      const profile: z.input<typeof profileSchema> = {
        human_id: personSubject(human.id),
        display_name: human.displayName,
        bio: human.bio,
        skills: human.skills,
        preferences: {
          accepting_new_tasks: human.acceptsTasks,
          quiet_hours: human.quietHours as QuietHours | null,
          time_zone: human.timeZone,
        },
        simulated: human.simulated,
      };
      return profile;
    },
  ),

  get(
    '/v1/humans/:id/tasks',
    {
      by: [apiKey(), accessToken('tasks:read')],
      query: pageQuery,
      reference: {
        summary: 'List the tasks of a human, with statistics.',
        responses: {
          200: z.strictObject({
            human_id: z.string(),
            statistics: statisticsSchema,
            ...pageSchemas(taskSchema),
          }),
        },
        errors: ['consent_required', 'plan_limit', 'access_denied'],
      },
    },
    async (call) => {
      const { services, params, query } = call;
      const human = await reachHuman(call, params.id, 'tasks:read');
      const owner = { ...taskOwnerOf(call), humanId: human.id };
      const { limit, cursor, status } = query;
      const [page, statistics] = await Promise.all([
        listTasks(services, owner, { status }, { limit, cursor }),
        getTaskStatistics(services, owner),
      ]);
      return {
        human_id: personSubject(human.id),
        statistics: statisticsView(statistics),
        ...pageView(page, taskView),
      };
    },
  ),
];
