/**
 * For tests that go through every route: parties that each have something of every kind that a route names by an id.
 * A route with an id of a new kind fails there until its kind is added here.
 */
import { issueSessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import { getProduct } from '../../shared/products/index.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import type { ProductApi } from '../routing/product-api.js';
import type { Route } from '../routing/route.js';
import { type CallOptions, makeKey, makePerson, type TestApi } from './serve.js';
import { makeAccessToken } from './tokens.js';

export interface Credential {
  name: string;
  kind: 'apiKey' | 'accessToken' | 'jwt';
  role?: 'worker' | 'user';
  /** Who of the party holds it. */
  holder: 'developer' | 'human';
  options: CallOptions;
}

export interface Thing {
  id: string;
  /** Who of the party may see it. */
  owners: readonly Credential['holder'][];
}

export interface Party {
  name: string;
  /** Stands in everything that the party wrote, and in nothing else. */
  mark: string;
  credentials: Credential[];
  /** By what stands before the id in a path: `tasks`, `webhooks`. */
  things: Readonly<Record<string, Thing>>;
}

type Body = Record<string, Record<string, string>>;

/** A developer (or an agent that is a customer) and a human of one product, with what they have there. */
export async function makeParty(
  services: Services,
  api: TestApi,
  product: Product,
  name: string,
): Promise<Party> {
  const mark = `confidential-${product.id}-${name}`;
  const developer = await makePerson(services);
  const human = await makePerson(services, { human: true });
  const send = async (credential: CallOptions, path: string, body?: object): Promise<Body> => {
    const response = await api.call(`/${product.id}${path}`, { method: 'POST', ...credential, body });
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${response.text}`);
    const answer = response.body as Body & { data?: Body };
    return answer.data ?? answer;
  };
  const session = async (user: typeof human, role: 'worker' | 'user'): Promise<CallOptions> => ({
    bearer: (await issueSessionJwt(services, product, { user, role })).token,
  });
  const developerThing = (id: unknown): Thing => ({ id: String(id), owners: ['developer'] });
  const sharedThing = (id: unknown): Thing => ({ id: String(id), owners: ['developer', 'human'] });

  const key: CallOptions =
    product.id === 'humanping'
      ? {
          bearer: (await send({}, '/api/v1/agents/register', { name: mark, email: `${mark}@example.org` }))
            .agent?.api_key,
        }
      : asHeader(product, (await makeKey(services, product.id, developer.id)).key);
  const credentials: Credential[] = [
    { name: `${name}'s key`, kind: 'apiKey', holder: 'developer', options: key },
  ];
  if (product.jwt) {
    for (const [holder, person, role] of [
      ['human', human, 'worker'],
      ['human', human, 'user'],
      ['developer', developer, 'user'],
    ] as const) {
      const options = await session(person, role);
      credentials.push({ name: `${name}'s ${holder} as ${role}`, kind: 'jwt', role, holder, options });
    }
  }
  const things: Record<string, Thing> = {};
  if (product.oauth) {
    const scopes = Object.keys(product.oauth.scopes);
    const { token, grantId } = await makeAccessToken(services, {
      productId: product.id,
      ownerId: developer.id,
      personId: product.id === 'openhuman' ? developer.id : human.id,
      scopes,
    });
    const holder = product.id === 'openhuman' ? 'developer' : 'human';
    credentials.push({ name: `${name}'s token`, kind: 'accessToken', holder, options: { bearer: token } });
    things.grants = { id: grantId, owners: ['human'] };
  }

  const prefix = { humanping: '/api/v1', hitl: '/v1/api' }[product.id] ?? '/v1';
  if (product.id !== 'mcp') {
    const { webhook } = await send(key, `${prefix}/webhooks`, {
      url: `https://hooks.example/${mark}`,
      description: mark,
    });
    things.webhooks = developerThing(webhook?.id);
    const delivery: Record<string, unknown> = await send(key, `${prefix}/webhooks/${webhook?.id}/test`);
    things['webhook-deliveries'] = developerThing(delivery.delivery_id);
  }

  switch (product.id) {
    case 'haas': {
      const humanId = `usr_${human.id}`;
      const task: Record<string, unknown> = await send(key, '/v1/tasks', {
        title: mark,
        description: mark,
        type: 'physical',
        human_id: humanId,
      });
      things.tasks = sharedThing(task.id);
      things.humans = sharedThing(humanId);
      break;
    }
    case 'humanping': {
      const { task } = await send(key, '/api/v1/tasks', { description: mark, budget_cents: 500 });
      const worker = credentials.find(({ role }) => role === 'worker');
      await send(worker?.options ?? {}, `/api/v1/worker/tasks/${task?.id}/accept`);
      things.tasks = sharedThing(task?.id);
      break;
    }
    case 'hitl': {
      const { loop } = await send(key, '/v1/api/loops', { name: mark });
      const request: Record<string, unknown> = await send(key, `/v1/api/loops/${loop?.id}/requests`, {
        processing_type: 'deferred',
        type: 'markdown',
        priority: 'low',
        request_text: mark,
        response_type: 'text',
        response_config: {},
      });
      things.loops = developerThing(loop?.id);
      things.members = developerThing(developer.id);
      things.requests = developerThing(request.request_id);
      break;
    }
    case 'agenthuman': {
      const { agent } = await send(key, '/v1/agents', { name: mark });
      const started = await send(key, '/v1/sessions', { agent_id: agent?.agent_id, metadata: { mark } });
      things.agents = developerThing(agent?.agent_id);
      things.sessions = developerThing(started.session?.session_id);
      const signedIn = await session(developer, 'user');
      for (const kind of ['avatar', 'voice', 'role']) {
        const made = await send(signedIn, `/v1/${kind}s`, { name: mark });
        things[`${kind}s`] = developerThing(made[kind]?.[`${kind}_id`]);
      }
      const made = await send(signedIn, '/v1/api-keys', { name: mark, environment: 'live' });
      things['api-keys'] = developerThing(made.api_key?.id);
      break;
    }
    case 'openhuman': {
      const agent: Record<string, unknown> = await send(key, '/v1/agents', { name: mark });
      const made: Record<string, unknown> = await send(key, '/v1/api-keys', { name: mark });
      things.agents = developerThing(agent.id);
      things['api-keys'] = developerThing(made.id);
      break;
    }
  }
  return { name, mark, credentials, things };
}

const asHeader = (product: Product, key: string): CallOptions =>
  product.keys.carriedIn.includes('bearer') ? { bearer: key } : { headers: { 'x-api-key': key } };

/** The kinds of things that a path names by their ids, in its order: `/v1/loops/:id/members/:userId`. */
export const kindsIn = (path: string): string[] =>
  [...path.matchAll(/\/([\w-]+)\/:\w+/g)].map(([, kind = '']) => kind);

/** The path with the ids of a party's things. Throws for a kind that `makeParty` does not know. */
export function pathFor(product: string, route: Route, party: Party): string {
  const path = route.path.replaceAll(/\/([\w-]+)\/:\w+/g, (_, kind: string) => {
    const thing = party.things[kind];
    if (!thing) throw new Error(`makeParty makes nothing for /${kind}/:id of ${product}: add it`);
    return `/${kind}/${thing.id}`;
  });
  return `/${product}${path}`;
}

/** A credential of the party that the route takes. */
export const credentialFor = ({ options: { by } }: Route, party: Party): Credential | undefined =>
  by === 'anyone'
    ? undefined
    : party.credentials.find(({ kind, role }) =>
        by.some((rule) =>
          rule.kind === 'jwt' ? kind === 'jwt' && (rule.role ?? role) === role : rule.kind === kind,
        ),
      );

/** Every product of the list with two parties in it. */
export async function makeParties(services: Services, api: TestApi, { product }: ProductApi) {
  const definition = getProduct(product.id);
  return {
    ada: await makeParty(services, api, definition, 'ada'),
    bob: await makeParty(services, api, definition, 'bob'),
  };
}
