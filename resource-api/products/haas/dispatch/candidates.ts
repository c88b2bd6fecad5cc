/**
 * Humans to choose from: who can do it, who is there, who keeps what they promise, and who has least to do. Skills
 * and load are counted in the database, so that a large circle of humans costs one query.
 */
import type { Human } from '../../../../shared/identity/people/humans.js';
import type { Services } from '../../../../shared/services.js';
import { findAbsence } from '../domain/absence.js';
import { terminalStatuses } from './task.js';

export interface Candidate extends Human {
  /** Open tasks that they have; of this account alone for a simulated human, whom every account has to itself. */
  load: number;
  /** How many of the wanted skills they have. */
  fitting: number;
  /** 0 to 1: what was completed of what was taken on. */
  reliability: number;
}

export interface Search {
  accountId: string;
  /** Humans to choose from; `simulated` for all of those. */
  among: string[] | 'simulated';
  /** All of these are needed. */
  skills?: readonly string[];
  /** Each of these is welcome. */
  preferredSkills?: readonly string[];
  minimumReliability?: number;
  near?: { lat: number; lng: number; radiusKm: number };
}

const maximumCandidates = 200;

const columns = {
  id: 'h.id',
  userId: 'h.user_id',
  simulated: 'h.simulated',
  displayName: 'h.display_name',
  bio: 'h.bio',
  skills: 'h.skills',
  profile: 'h.profile',
  statusDocument: 'h.status_document',
  acceptsTasks: 'h.accepts_tasks',
  quietHours: 'h.quiet_hours',
  timeZone: 'h.time_zone',
  createdAt: 'h.created_at',
  updatedAt: 'h.updated_at',
};

/** Those who can be asked right now, the best first; at most 200. */
export async function listCandidates(services: Services, search: Search): Promise<Candidate[]> {
  const { accountId, among, skills = [], preferredSkills = [], minimumReliability = 0, near } = search;
  const wanted = lowerCase([...skills, ...preferredSkills]);
  const { db } = services;
  const query = db('humans as h')
    .select(columns)
    .select({
      fitting: db.raw('(select count(*) from unnest(h.skills) skill where lower(skill) = any(?))', [wanted]),
      load: db.raw(`(${openTasks})`, [[...terminalStatuses], accountId]),
      outcomes: db.raw(`(${outcomes})`),
    })
    .where({ 'h.accepts_tasks': true })
    .orderBy([{ column: 'fitting', order: 'desc' }, { column: 'load' }, { column: 'h.id' }])
    .limit(maximumCandidates);
  if (among === 'simulated') query.where({ 'h.simulated': true });
  else query.whereIn('h.id', among);
  for (const skill of lowerCase(skills)) {
    query.whereRaw('exists (select from unnest(h.skills) skill where lower(skill) = ?)', [skill]);
  }
  const rows: (Candidate & { outcomes: Outcomes })[] = await query;
  const now = services.clock.now();
  return rows
    .filter((human) => findAbsence(human, now) === undefined && isNear(human, near))
    .map(({ outcomes: done, ...human }) => ({ ...human, reliability: reliabilityOf(human, done) }))
    .filter(({ reliability }) => reliability >= minimumReliability)
    .sort((a, b) => scoreOf(b) - scoreOf(a));
}

const openTasks = `select count(*) from dispatched_tasks t
  where t.human_id = h.id and t.status <> all(?) and (not h.simulated or t.account_id = ?)`;

/** A human is judged by what they did for everybody, a simulated one by what their character says. */
const outcomes = `select json_build_object('kept', count(*) filter (where t.status = 'completed'), 'taken', count(*))
  from dispatched_tasks t
  where t.human_id = h.id and not h.simulated and t.environment = 'live' and t.accepted_at is not null
    and t.status in ('completed', 'failed', 'expired')`;

interface Outcomes {
  kept: number;
  taken: number;
}

function reliabilityOf({ statusDocument }: Human, { kept, taken }: Outcomes): number {
  const told = statusDocument.reliability_factors as { effective_score?: number } | undefined;
  if (told?.effective_score !== undefined) return told.effective_score;
  return taken === 0 ? 1 : Math.round((kept / taken) * 100) / 100;
}

/** Skills weigh most, then reliability; each open task costs a quarter. */
const scoreOf = ({ fitting, reliability, load }: Candidate): number =>
  2 * fitting + reliability - 0.25 * load;

const lowerCase = (skills: readonly string[]): string[] => skills.map((skill) => skill.toLowerCase());

/** Where nobody knows where a human is, they may well be near. */
function isNear({ statusDocument }: Human, near: Search['near']): boolean {
  const physical = statusDocument.physical as { location?: { lat?: number; lng?: number } } | undefined;
  const { lat, lng } = physical?.location ?? {};
  if (!near || lat == null || lng == null) return true;
  return distanceKm({ lat, lng }, near) <= near.radiusKm;
}

interface Point {
  lat: number;
  lng: number;
}

/** Along the great circle. */
function distanceKm(a: Point, b: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [latA, latB] = [radians(a.lat), radians(b.lat)];
  const half =
    Math.sin((latB - latA) / 2) ** 2 +
    Math.cos(latA) * Math.cos(latB) * Math.sin(radians(b.lng - a.lng) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(half)));
}
