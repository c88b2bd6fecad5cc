/** People for an operator who looks for one. */
import type { Services } from '../../services.js';
import { type User, userColumns } from './users.js';

/** People whose email or name contains `text`, whatever its case, newest first. Erased people are not found. */
export async function searchUsers(
  services: Services,
  { text, limit }: { text?: string | undefined; limit: number },
): Promise<User[]> {
  const query = services
    .db('users')
    .select(userColumns)
    .whereNot({ status: 'erased' })
    .orderBy([{ column: 'created_at', order: 'desc' }, 'id'])
    .limit(limit);
  if (text !== undefined) {
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    query.where((either) => either.whereILike('email', pattern).orWhereILike('name', pattern));
  }
  return query;
}
