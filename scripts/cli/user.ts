import { createUser } from '../../shared/identity/users.js';
import { personSubject } from '../../shared/ids.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { text, toggle } from './flags.js';

const create = defineCommand({
  flags: { email: text('E'), name: text('N'), password: text('P'), verified: toggle(), human: toggle() },
  async run({ services }, values) {
    const { id, email } = await createUser(services, values, operator);
    return { id: personSubject(id), email };
  },
});

export const verbs: Verbs = { create };
