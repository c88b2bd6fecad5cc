/**
 * What a human says of themselves: skills, a few words, whether they are free, and when they want quiet. Apps with
 * the scope read it; only the human writes it, on their account page or with their own JWT.
 */
import { recordAudit } from '../../audit/audit.js';
import { countCharacters, isVisible } from '../../characters.js';
import { sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import { enqueueJob } from '../../jobs/queue.js';
import { inTransaction, type Services } from '../../services.js';
import { createHuman, findHuman } from './humans.js';
import type { Actor } from './users.js';

/** From and to as `HH:MM` on the human's own clock; over midnight where `from` is later. */
export interface QuietHours {
  from: string;
  to: string;
}

/** Members that are left out stay as they are. */
export interface HumanProfileChanges {
  displayName?: string;
  /** False: no app can ask for work, and the profile is hidden from apps. */
  takesTasks?: boolean;
  /** Whether new tasks may come right now. */
  available?: boolean;
  /** No new task until then; null when they are back. */
  away?: { kind: 'tea' | 'break'; until: Date } | null;
  skills?: string[];
  bio?: string;
  quietHours?: QuietHours | null;
  /** IANA name, such as Europe/Madrid. */
  timeZone?: string;
}

const maximumSkills = 50;

/** Changes the profile of a human; makes the person one if `takesTasks` says so. Throws `validation`. */
export async function updateHumanProfile(
  services: Services,
  userId: string,
  changes: HumanProfileChanges,
  actor: Actor,
): Promise<void> {
  const columns = columnsOf(services, changes);
  await inTransaction(services, async (tx) => {
    if ((await findHuman(tx, userId)) === undefined) {
      if (changes.takesTasks !== true) return;
      await createHuman(tx, { id: userId, displayName: changes.displayName ?? 'Someone' });
    }
    await tx
      .db('humans')
      .where({ id: userId })
      .update({ ...columns, updated_at: sqlNow(tx) });
    if (changes.takesTasks === false) await enqueueJob(tx, 'dispatch.hand_back', { humanId: userId });
    await recordAudit(tx, {
      accountId: userId,
      action: 'human.updated',
      actor,
      target: { kind: 'human', id: userId },
      details: { changed: Object.keys(changes) },
    });
  });
}

function columnsOf({ db }: Services, changes: HumanProfileChanges): Record<string, unknown> {
  const { displayName, takesTasks, available, away, skills, bio, quietHours, timeZone } = changes;
  const columns: Record<string, unknown> = {};
  if (displayName !== undefined) columns.display_name = displayName;
  if (takesTasks !== undefined || away !== undefined) {
    const merged = {
      ...(takesTasks !== undefined && { hidden: !takesTasks }),
      ...(away !== undefined && { away }),
    };
    columns.profile = db.raw('profile || ?::jsonb', [JSON.stringify(merged)]);
  }
  if (available !== undefined || takesTasks === false)
    columns.accepts_tasks = takesTasks !== false && available === true;
  if (skills !== undefined) columns.skills = parseSkills(skills);
  if (bio !== undefined) columns.bio = parseText(bio, 'about', 1000);
  if (quietHours !== undefined)
    columns.quiet_hours = quietHours && JSON.stringify(parseQuietHours(quietHours));
  if (timeZone !== undefined) columns.time_zone = parseTimeZone(timeZone);
  return columns;
}

function parseSkills(given: string[]): string[] {
  const skills = [...new Set(given.map((skill) => skill.trim()).filter(Boolean))];
  if (skills.length > maximumSkills || skills.some(isBadSkill)) {
    const message = `skills: at most ${maximumSkills}, each of at most 60 characters`;
    throw new DomainError('validation', { field: 'skills', message });
  }
  return skills;
}

const isBadSkill = (skill: string): boolean =>
  countCharacters(skill) > 60 || /\p{Cc}/u.test(skill) || !isVisible(skill);

function parseText(text: string, field: string, maximum: number): string {
  if (countCharacters(text) > maximum || text.includes('\0')) {
    throw new DomainError('validation', {
      field,
      message: `${field} must have at most ${maximum} characters`,
    });
  }
  return text.trim();
}

function parseQuietHours({ from, to }: QuietHours): QuietHours {
  for (const [field, time] of [
    ['quiet_from', from],
    ['quiet_to', to],
  ] as const) {
    if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) {
      throw new DomainError('validation', {
        field,
        message: 'quiet hours are two times such as 22:00 and 07:30',
      });
    }
  }
  return { from, to };
}

/** Kept as given: what `Intl` makes of it can be a name that the person does not know (Europe/Kiev for Europe/Kyiv). */
function parseTimeZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    throw new DomainError('validation', {
      field: 'time_zone',
      message: 'time zone must be one such as Europe/Madrid',
    });
  }
}
