/**
 * The human side of a person: someone who takes tasks. A real one has the id of its user; a simulated one has a
 * literal id (`maria_42`) and no user. Products dress the id as `usr_…` or `worker_…`.
 */
import type { Services } from '../../services.js';

export interface Human {
  id: string;
  userId: string | null;
  simulated: boolean;
  displayName: string;
  bio: string;
  skills: string[];
  profile: Record<string, unknown>;
  statusDocument: Record<string, unknown>;
  acceptsTasks: boolean;
  quietHours: Record<string, unknown> | null;
  timeZone: string;
  createdAt: Date;
  updatedAt: Date;
}

const columns = {
  id: 'id',
  userId: 'user_id',
  simulated: 'simulated',
  displayName: 'display_name',
  bio: 'bio',
  skills: 'skills',
  profile: 'profile',
  statusDocument: 'status_document',
  acceptsTasks: 'accepts_tasks',
  quietHours: 'quiet_hours',
  timeZone: 'time_zone',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

/** Makes a person a human who can take tasks; does nothing when they are one already. */
export async function createHuman(
  services: Services,
  input: { id: string; displayName: string },
): Promise<void> {
  await services
    .db('humans')
    .insert({ id: input.id, user_id: input.id, display_name: input.displayName })
    .onConflict('id')
    .ignore();
}

export async function findHuman(services: Services, id: string): Promise<Human | undefined> {
  return services.db('humans').select(columns).where({ id }).first();
}
