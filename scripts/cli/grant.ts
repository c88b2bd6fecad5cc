import { DomainError } from '../../shared/errors.js';
import { endGrants, type Grant, listGrantsOfPerson } from '../../shared/identity/oauth/grants.js';
import { getUserByEmail } from '../../shared/identity/people/users.js';
import { personSubject } from '../../shared/ids.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { text } from './flags.js';

/** What a person lets apps do, newest first. */
const list = defineCommand({
  flags: { user: text('E') },
  async run({ services }, { user }) {
    const { id } = await getUserByEmail(services, user);
    return { grants: (await listGrantsOfPerson(services, id)).map(describe) };
  },
});

/** Ends a grant with its codes, tokens and keys; a remembered consent stays. */
const revoke = defineCommand({
  flags: { id: text('G') },
  async run({ services }, { id }) {
    const ended = await endGrants(services, { id }, operator);
    if (ended.length === 0) {
      throw new DomainError('not_found', { subject: 'grant', message: `No grant has the id ${id}` });
    }
    return { id, revoked: true };
  },
});

function describe(grant: Grant) {
  return {
    id: grant.id,
    user_id: personSubject(grant.userId),
    client_id: grant.clientId,
    product: grant.product,
    scopes: grant.scopes,
    duration: grant.duration,
    created_at: grant.createdAt,
    used_at: grant.usedAt,
    expires_at: grant.expiresAt,
  };
}

export const verbs: Verbs = { list, revoke };
