import { creditAgent } from '../../resource-api/products/humanping/domain/ledger.js';
import {
  type Agent,
  disableAgent,
  enableAgent,
  getAgentByEmail,
} from '../../shared/identity/people/agents.js';
import type { Actor } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { number, text } from './flags.js';

const credit = defineCommand({
  flags: { email: text('E'), cents: number('N') },
  async run({ services }, { email, cents }) {
    const { id } = await getAgentByEmail(services, email);
    const { balanceCents } = await creditAgent(services, { agentId: id, cents }, operator);
    return { id, balance_cents: balanceCents };
  },
});

/** A verb that takes an agent to a status. */
function changeStatus(
  status: Agent['status'],
  change: (services: Services, agentId: string, actor: Actor) => Promise<void>,
) {
  return defineCommand({
    flags: { email: text('E') },
    async run({ services }, { email }) {
      const { id } = await getAgentByEmail(services, email);
      await change(services, id, operator);
      return { id, status };
    },
  });
}

export const verbs: Verbs = {
  credit,
  disable: changeStatus('disabled', disableAgent),
  enable: changeStatus('active', enableAgent),
};
