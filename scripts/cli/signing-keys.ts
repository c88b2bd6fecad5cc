import { rotateSigningKeys } from '../../auth-server/oidc/signing-keys.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';

const rotate = defineCommand({
  flags: {},
  async run({ services }) {
    return { kid: await rotateSigningKeys(services, operator) };
  },
});

export const verbs: Verbs = { rotate };
