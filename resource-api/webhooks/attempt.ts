/** One attempt: signs a message as Standard Webhooks has it and posts it, and says what came of it. */
import { Webhook } from 'standardwebhooks';
import type { GuardedFetch } from '../../shared/http/outbound.js';
import { OutboundError } from '../../shared/http/outbound-request.js';
import type { Services } from '../../shared/services.js';
import { openWebhookSecret } from '../../shared/webhooks/secrets.js';
import type { Answer, Attempt } from './verdict.js';

/** What signing needs to know of an endpoint. */
export interface Signer {
  id: string;
  sealedSecret: string;
  /** Still signs too while a rotation's grace lasts. */
  sealedPreviousSecret: string | null;
}

export interface Message {
  eventId: string;
  url: string;
  body: string;
}

/** Headers of an answer that the delivery log keeps; a stranger's cookies are none of its business. */
const keptHeaders = ['content-type', 'content-length', 'date', 'location', 'retry-after', 'server'];

/** Never throws for what a receiver or a stored secret is to blame for: that would hold up everything behind it. */
export async function attemptMessage(
  services: Services,
  fetch: GuardedFetch,
  signer: Signer,
  { eventId, url, body }: Message,
): Promise<Attempt> {
  const at = services.clock.now();
  const requestHeaders = {
    'content-type': 'application/json',
    'user-agent': 'Latchkey-Webhooks/1',
    'webhook-id': eventId,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
  };
  const started = performance.now();
  const outcome = await outcomeOf(async () => {
    const signature = sign(services, signer, eventId, at, body);
    const headers = { ...requestHeaders, 'webhook-signature': signature };
    return readAnswer(await fetch(url, { method: 'POST', headers, body }));
  });
  return { at, url, requestHeaders, durationMs: Math.round(performance.now() - started), ...outcome };
}

function sign({ config }: Services, signer: Signer, eventId: string, at: Date, body: string): string {
  return [signer.sealedSecret, signer.sealedPreviousSecret]
    .filter((sealed) => sealed !== null)
    .map((sealed) => new Webhook(openWebhookSecret(config, signer.id, sealed)).sign(eventId, at, body))
    .join(' ');
}

async function readAnswer(response: Response): Promise<Answer> {
  const kept = [...response.headers].filter(([name]) => keptHeaders.includes(name));
  // Postgres has no NUL in text.
  const body = (await response.text()).replaceAll('\0', '\ufffd');
  return { status: response.status, headers: Object.fromEntries(kept), body };
}

async function outcomeOf(call: () => Promise<Answer>): Promise<Pick<Attempt, 'answer' | 'problem'>> {
  try {
    return { answer: await call() };
  } catch (error) {
    if (error instanceof OutboundError) return { problem: `${error.problem}: ${error.message}` };
    return { problem: `failed: ${error instanceof Error ? error.message : error}` };
  }
}
