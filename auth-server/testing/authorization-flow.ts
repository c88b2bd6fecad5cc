/** What the tests of this room share: the running server, people and apps, and the walk through consent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../../shared/config.js';
import type { OutboundLimits } from '../../shared/http/outbound.js';
import { createOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { changePlan } from '../../shared/identity/people/plans.js';
import { createUser } from '../../shared/identity/people/users.js';
import { getProduct } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import { createTestServices } from '../../shared/testing/services.js';
import { createAuthApp } from '../app.js';

export const callback = 'https://app.example/callback';

/** The real app on a free port; the issuer is its real address. */
export async function startAuthServer(overrides: Partial<Config> = {}, outbound?: OutboundLimits) {
  const { services, clock } = await createTestServices(overrides);
  // As in shared/http/serve.ts: with Node's 5 seconds, connections that a test opened may be gone when it needs them.
  const server = createServer({ keepAliveTimeout: 65_000 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  services.config.issuer = overrides.issuer ?? `http://127.0.0.1:${port}`;
  const app = await createAuthApp(services, outbound);
  server.on('request', app.handler);
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await app.close();
  });
  return { services, clock, app, origin: `http://127.0.0.1:${port}` };
}

let count = 0;

/** A person with a password, who takes tasks unless told otherwise. */
export async function createPerson(services: Services, input: { human?: boolean } = {}) {
  count += 1;
  const email = `person${count}@example.com`;
  const password = 'correct horse battery';
  const user = await createUser(services, {
    email,
    name: `Person ${count}`,
    password,
    verified: true,
    human: input.human ?? true,
  });
  return { ...user, email, password };
}

/** What a sign-in form takes. */
export const credentialsOf = ({ email, password }: { email: string; password: string }) => ({
  email,
  password,
});

export async function createApp(
  services: Services,
  input: {
    product?: string;
    public?: boolean;
    redirectUris?: string[];
    firstParty?: boolean;
    jwtAccessTokens?: boolean;
    backchannelLogoutUri?: string;
    userId?: string;
    /** Of the owner, at the app's product. */
    plan?: string;
    /** Columns that no page and no command sets; changed before anything looks the client up. */
    columns?: Record<string, unknown>;
  } = {},
) {
  const userId = input.userId ?? (await createPerson(services, { human: false })).id;
  const client = await createOAuthClient(
    services,
    {
      userId,
      product: input.product ?? 'haas',
      name: 'Errand Bot',
      redirectUris: input.redirectUris ?? [callback],
      public: input.public,
      firstParty: input.firstParty,
      jwtAccessTokens: input.jwtAccessTokens,
      backchannelLogoutUri: input.backchannelLogoutUri,
    },
    { kind: 'person', id: userId },
  );
  if (input.plan !== undefined) {
    const product = getProduct(input.product ?? 'haas');
    await changePlan(
      services,
      { accountId: userId, product, plan: input.plan },
      { kind: 'system', id: 'test' },
    );
  }
  if (input.columns) await services.db('oauth_clients').where({ id: client.id }).update(input.columns);
  return { ...client, userId };
}

export interface Authorization {
  page: Page;
  /** Parameters of the redirect back to the app. */
  answer: URLSearchParams;
}

/** Walks from the app's request over sign-in and consent back to the app, as far as each is asked for. */
export async function authorize(
  browser: FormBrowser,
  parameters: Record<string, string>,
  person: { email: string; password: string },
  choice: Record<string, string | string[] | undefined> = {},
  path = '/authorize',
): Promise<Authorization> {
  const query = new URLSearchParams({ response_type: 'code', redirect_uri: callback, ...parameters });
  let page = await browser.follow(await browser.get(`${path}?${query}`));
  if (page.html.includes('name="password"')) {
    page = await browser.follow(await browser.submit(formTo(page, '/signin'), person));
  }
  if (page.html.includes('name="decision"')) {
    page = await browser.follow(
      await browser.submit(formTo(page, '/consent'), { decision: 'allow', ...choice }),
    );
  }
  return { page, answer: page.location ? new URL(page.location).searchParams : new URLSearchParams() };
}

/** A fresh browser's walk; the code it brings. Throws when it brings none. */
export async function obtainCode(
  origin: string,
  parameters: Record<string, string>,
  person: { email: string; password: string },
  choice: Record<string, string | string[] | undefined> = {},
): Promise<string> {
  const { page, answer } = await authorize(new FormBrowser(origin), parameters, person, choice);
  const code = answer.get('code');
  if (!code) throw new Error(`no code: ${page.status} ${page.location} ${page.html.slice(0, 800)}`);
  return code;
}

/** The text members of the protocol endpoints' answers. */
type ProtocolMember =
  | 'access_token'
  | 'refresh_token'
  | 'id_token'
  | 'token_type'
  | 'scope'
  | 'human_id'
  | 'error'
  | 'error_description'
  | 'request_uri'
  | 'device_code'
  | 'user_code'
  | 'verification_uri'
  | 'verification_uri_complete'
  | 'sub'
  | 'client_id';

/** Members that are not there are undefined, whatever the type says: a test that expects one fails then. */
export type TokenBody = Record<ProtocolMember, string> & {
  expires_in: number;
  interval: number;
  active: boolean;
};

export interface TokenResponse {
  status: number;
  body: TokenBody;
  headers: Headers;
}

/** What callers send as `Accept`: `fetch` by default, and Java's `HttpURLConnection`, which prefers HTML. */
export const acceptHeaders = ['*/*', 'text/html, image/gif, image/jpeg, */*; q=0.2'];

let acceptHeader = '*/*';

/** Sets the `Accept` header of the token requests that follow in this test file. */
export function useAcceptHeader(value: string): void {
  acceptHeader = value;
}

/** Posts to the token endpoint; `json` as the HaaS seed does, else a form. */
export async function requestToken(
  origin: string,
  members: Record<string, string | undefined>,
  options: { json?: boolean; path?: string; headers?: Record<string, string> } = {},
): Promise<TokenResponse> {
  const given = Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const response = await fetch(`${origin}${options.path ?? '/token'}`, {
    method: 'POST',
    headers: {
      accept: acceptHeader,
      'content-type': options.json ? 'application/json' : 'application/x-www-form-urlencoded',
      ...options.headers,
    },
    body: options.json ? JSON.stringify(given) : new URLSearchParams(given).toString(),
  });
  return { status: response.status, body: (await response.json()) as TokenBody, headers: response.headers };
}
