/** What was done in an account, by whom and from where. */
import { type AuditEntry as LoggedEvent, listAuditEvents } from '../../shared/audit/audit-list.js';
import { listApiKeys } from '../../shared/identity/api-keys/api-keys.js';
import { listOAuthClients } from '../../shared/identity/oauth/oauth-client-changes.js';
import type { User } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';
import { sendPage } from '../http/page.js';
import { type AuditEntry, auditPage } from '../pages/console/audit.js';
import { paths, withQuery } from '../pages/paths.js';
import type { SignedInRouter } from '../sign-in/signed-in-router.js';

const pageSize = 50;

/** The filters that people look for; each is one action or all that begin with a word. */
const kinds = [
  { label: 'Everything', action: undefined },
  { label: 'Sign-ins', action: 'user.signed_in' },
  { label: 'Failed sign-ins', action: 'user.sign_in_failed' },
  { label: 'Keys made', action: 'key.created' },
  { label: 'Keys ended', action: 'key.revoked' },
  { label: 'Consents', action: 'consent.granted' },
] as const;

export function mountAudit(signedIn: SignedInRouter): void {
  signedIn.get(paths.audit, async ({ services, ctx, user, props, query }) => {
    const action = kinds.find(
      (kind) => kind.action !== undefined && kind.action === query.get('action'),
    )?.action;
    const before = /^\d{1,15}$/.test(query.get('before') ?? '') ? Number(query.get('before')) : undefined;
    const subject = /^[\w-]{1,64}$/.exec(query.get('subject') ?? '')?.[0];
    const limit = pageSize + 1;
    const events = await listAuditEvents(services, user.id, { before, action, subject, limit });
    const names = await listNames(services, user.id);
    const shown = events.slice(0, pageSize);
    const oldest = shown.at(-1);
    sendPage(
      ctx,
      auditPage({
        ...props,
        filters: [
          {
            label: 'What',
            options: kinds.map((kind) => ({
              label: kind.label,
              href: withQuery(paths.audit, { action: kind.action, subject }),
              current: kind.action === action,
            })),
          },
        ],
        subject:
          subject === undefined
            ? undefined
            : {
                name: names.get(subject) ?? subject,
                clearHref: withQuery(paths.audit, { action }),
              },
        entries: shown.map((event) => toEntry(event, user, names)),
        newer: before === undefined ? undefined : withQuery(paths.audit, { action, subject }),
        older:
          events.length > pageSize && oldest
            ? withQuery(paths.audit, { action, subject, before: String(oldest.seq) })
            : undefined,
      }),
    );
  });
}

/** By id, what the person's own keys and apps are called. */
async function listNames(services: Services, accountId: string): Promise<ReadonlyMap<string, string>> {
  const [keys, apps] = await Promise.all([
    listApiKeys(services, { accountId }),
    listOAuthClients(services, accountId),
  ]);
  return new Map([...keys, ...apps].map(({ id, name }) => [id, name]));
}

function toEntry(event: LoggedEvent, user: User, names: ReadonlyMap<string, string>): AuditEntry {
  return {
    id: event.id,
    at: event.at,
    what: inWords(event.action),
    event: event.action,
    by: actorInWords(event, user),
    subject: event.target
      ? (names.get(event.target.id) ?? `${event.target.kind} ${event.target.id}`)
      : undefined,
    address: event.personal.address,
    requestId: event.requestId ?? undefined,
  };
}

/** `key.rotation_due` becomes "Key rotation due". */
function inWords(action: string): string {
  const words = action.replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function actorInWords({ actor }: LoggedEvent, user: User): string {
  if (actor.kind === 'person') return actor.id === user.id ? 'You' : 'another person';
  if (actor.kind === 'system') return 'Latchkey';
  if (actor.kind === 'operator') return 'an operator';
  return `${actor.kind} ${actor.id}`;
}
