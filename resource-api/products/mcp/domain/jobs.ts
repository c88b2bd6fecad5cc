/** Background jobs of the MCP server: what a person connected is made, and what is over is deleted. */
import { recordAudit } from '../../../../shared/audit/audit.js';
import { sqlNow } from '../../../../shared/clock.js';
import { takeConfirmedLink } from '../../../../shared/identity/people/connect-links.js';
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import type { Services } from '../../../../shared/services.js';

declare module '../../../../shared/jobs/job-names.js' {
  interface JobPayloads {
    'mcp.clean': Record<string, never>;
  }
}

declare module '../../../../shared/audit/audit.js' {
  interface ProductAuditActions {
    'mcp.asked': true;
    'mcp.cancelled': true;
    'mcp.settled': true;
    'mcp.connected': true;
  }
}

/** How a kind of request connects somebody; a part of what products contribute. */
export interface Connector {
  kind: string;
  connecting: {
    accept(
      tx: Services,
      person: { id: string; environment: 'test' | 'live' },
      email: string | undefined,
    ): Promise<void>;
  };
}

/** Rows that one run deletes at most. */
const batchRows = 10_000;

export function agentRequestHandlers(connectors: readonly Connector[]): JobHandlers {
  return {
    'connect.accept': atomicJob<{ refHash: string }>(async (tx, { refHash }) => {
      const link = await takeConfirmedLink(tx, refHash);
      const connector = connectors.find(({ kind }) => kind === link?.kind);
      if (!link || !connector) return;
      const { accountId, environment, email } = link;
      await connector.connecting.accept(tx, { id: accountId, environment }, email ?? undefined);
      await recordAudit(tx, {
        accountId,
        action: 'mcp.connected',
        actor: { kind: 'person', id: accountId },
        details: { kind: link.kind, environment },
      });
    }),
    'mcp.clean': atomicJob(
      async (tx) => {
        for (const table of ['mcp_requests', 'connect_links']) {
          await tx.db.raw(
            'delete from ?? where ctid = any(array(select ctid from ?? where expires_at < ? limit ?))',
            [table, table, sqlNow(tx), batchRows],
          );
        }
      },
      { cron: '23 * * * *' },
    ),
  };
}

/** Deletes what an erased account asked by its agents. */
export async function eraseAgentRequests(tx: Services, accountId: string): Promise<void> {
  await tx.db('mcp_requests').where({ account_id: accountId }).delete();
  await tx.db('connect_links').where({ account_id: accountId }).delete();
}
