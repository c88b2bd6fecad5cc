/** Where a person is signed in, each of them to be ended. */
import { recordAudit } from '../../shared/audit/audit.js';
import { DomainError } from '../../shared/errors.js';
import { endSessions, listSessions } from '../../shared/identity/sign-in/browser-sessions.js';
import { inTransaction } from '../../shared/services.js';
import { sendPage } from '../http/page.js';
import { sessionsPage } from '../pages/account/sessions.js';
import { paths } from '../pages/paths.js';
import { goOn, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountSignIns(signedIn: SignedInRouter): void {
  signedIn.get(paths.sessions, async ({ services, ctx, user, sessionUid, props }) => {
    const sessions = await listSessions(services, user.id);
    const listed = sessions.map(({ uid, ...session }) => ({
      ...session,
      id: uid,
      isThis: uid === sessionUid,
    }));
    sendPage(ctx, sessionsPage({ ...props, sessions: listed }));
  });
  signedIn.post(paths.endSession(':id'), async (request) => {
    await end(request, { uid: request.params.id ?? '' });
    goOn(request, paths.sessions, 'session-ended');
  });
  signedIn.post(paths.endOtherSessions, async (request) => {
    await end(request, { except: request.sessionUid });
    goOn(request, paths.sessions, 'sessions-ended');
  });
}

async function end(request: PageRequest, which: { uid: string } | { except: string }): Promise<void> {
  const { services, user, actor } = request;
  await inTransaction(services, async (tx) => {
    const one = 'uid' in which;
    const where = one ? { uid: which.uid, user_id: user.id } : { user_id: user.id };
    const ended = await endSessions(tx, where, one ? undefined : which.except);
    if (one && ended === 0) throw new DomainError('not_found');
    await recordAudit(tx, {
      accountId: user.id,
      action: 'session.ended',
      actor,
      details: { ended },
      requestId: request.origin.requestId,
    });
  });
}
