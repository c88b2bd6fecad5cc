/**
 * Who could take a task right now. The documentation sends the search as the body of a GET, which many clients turn
 * into a POST or cannot send at all: so it is taken from either method's body, and from the query.
 */
import { z } from 'zod';
import { personSubject } from '../../../shared/ids.js';
import { accessToken, apiKey, get, post } from '../../routing/route.js';
import { type AppCall, personOf, reachOf } from './access.js';
import { type Candidate, listCandidates, type Search } from './dispatch/candidates.js';
import { listConsentingIds } from './domain/reachable-humans.js';
import { candidateSchema } from './human-schemas.js';
import { characterOf } from './simulator/characters.js';
import { statusAt } from './simulator/daily-schedule.js';

const skill = z.string().trim().min(1).max(60);
const score = z.coerce.number().min(0).max(1);
const limit = z.coerce.number().int().min(1).max(100);

const search = z.object({
  task_type: z.string().max(40).optional(),
  location: z
    .object({
      lat: z.number().min(-90).max(90),
      lng: z.number().min(-180).max(180),
      radius_km: z.number().positive().max(20_100).default(50),
    })
    .optional(),
  skills_preferred: z.array(skill).max(20).optional(),
  min_reliability_score: score.optional(),
  limit: limit.optional(),
});

const query = z.object({
  task_type: z.string().max(40).optional(),
  skills_preferred: z
    .string()
    .max(1_000)
    .transform((text) => text.split(','))
    .pipe(z.array(skill).max(20))
    .optional(),
  min_reliability_score: score.optional(),
  limit: limit.optional(),
});

const by = [apiKey(), accessToken('status:read')] as const;

const reference = {
  summary: 'Find humans who could take a task right now.',
  responses: {
    200: z.strictObject({
      available_humans: z.array(candidateSchema),
      total_available: z.int(),
      recommendation: z.string().nullable(),
    }),
  },
  errors: ['access_denied'],
} as const;

interface SearchCall extends AppCall {
  body: z.output<typeof search>;
  query: z.output<typeof query>;
}

async function response(call: SearchCall) {
  const { services, caller } = call;
  const asked = { ...call.query, ...call.body };
  const { location } = asked;
  const candidates = await listCandidates(services, {
    accountId: caller.accountId,
    among: await listReachable(call, 'status:read'),
    preferredSkills: asked.skills_preferred,
    minimumReliability: asked.min_reliability_score,
    near: location && { lat: location.lat, lng: location.lng, radiusKm: location.radius_km },
  });
  // Skills and words of their own are a profile, which not everybody shows who shows their status.
  const profiles = await listReachable(call, 'profile:read');
  const now = services.clock.now();
  const shown = candidates
    .slice(0, asked.limit ?? 20)
    .map((human) => view(human, now, profiles === 'simulated' || profiles.includes(human.id)));
  return {
    available_humans: shown,
    total_available: candidates.length,
    recommendation: shown[0]?.human_id ?? null,
  };
}

async function listReachable(call: AppCall, scope: string): Promise<Search['among']> {
  const { services, caller } = call;
  if (caller.kind === 'accessToken') return caller.scopes.includes(scope) ? [personOf(caller)] : [];
  if (caller.environment === 'test') return 'simulated';
  return listConsentingIds(services, reachOf(call), scope);
}

function view(human: Candidate, now: Date, withProfile: boolean): z.input<typeof candidateSchema> {
  const { energy, mood } = statusAt(human, now) as {
    energy?: { current?: number };
    mood?: { primary?: string };
  };
  const minutes = human.simulated ? Math.ceil(characterOf(human.id).answersAfterSeconds / 60) : 5;
  return {
    human_id: personSubject(human.id),
    display_name: human.displayName,
    reliability_score: human.reliability,
    current_energy: energy?.current ?? 0.5,
    mood: mood?.primary ?? 'neutral',
    skills: withProfile ? human.skills : [],
    estimated_response_time: `${minutes}m`,
    bio: withProfile ? human.bio : null,
  };
}

export const availableRoutes = [
  get('/v1/humans/available', { by, body: search, query, reference }, response),
  post('/v1/humans/available', { by, body: search, query, reference }, response),
];
