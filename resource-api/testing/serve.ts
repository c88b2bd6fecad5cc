/**
 * The resource API over HTTP, for tests: the real app on a free port. Call it at the top level of a test file; it
 * ends with the file.
 */

import { serve } from '../../shared/http/serve.js';
import { createApiKey, type NewApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { createUser, type User } from '../../shared/identity/people/users.js';
import { getProduct } from '../../shared/products/index.js';
import { closeServices, createServices, type Services } from '../../shared/services.js';
import { whenFileEnds } from '../../shared/testing/services.js';
import { createResourceApi } from '../app.js';
import { productApis } from '../products/index.js';
import type { ProductApi } from '../routing/product-api.js';
import { createResponseCheck } from './check-response.js';

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed where the answer is JSON. */
  body: unknown;
  text: string;
}

export interface CallOptions {
  method?: string;
  /** An object is sent as JSON, a string as it is with the content type of `headers`. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Sent as `Authorization: Bearer …`. */
  bearer?: string;
}

export interface TestApi {
  url: string;
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts the API and waits until it hears of changes. Every response is held against the reference of its route. */
export async function startApi(services: Services, apis?: readonly ProductApi[]): Promise<TestApi> {
  const app = createResourceApi(services, apis);
  const server = await serve({ handler: app.handler, upgrade: app.upgrade, host: '127.0.0.1', port: 0 });
  await app.listening;
  let closed: Promise<unknown> | undefined;
  const close = async () => {
    closed ??= Promise.all([server.close(), app.close()]);
    await closed;
  };
  whenFileEnds(close);
  const checkResponse = createResponseCheck(apis ?? productApis);
  return {
    url: server.url,
    async call(path, options = {}) {
      const response = await callApi(server.url + path, options);
      checkResponse(
        options.method ?? (options.body === undefined ? 'GET' : 'POST'),
        server.url + path,
        response,
      );
      return response;
    },
    close,
  };
}

export async function callApi(url: string, options: CallOptions = {}): Promise<Answer> {
  const { method = options.body === undefined ? 'GET' : 'POST', bearer, body } = options;
  const isText = typeof body === 'string';
  const headers: Record<string, string> = {};
  if (bearer !== undefined) headers.Authorization = `Bearer ${bearer}`;
  if (body !== undefined && !isText) headers['Content-Type'] = 'application/json';
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...options.headers },
    body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text, text };
}

let people = 0;

/** A person with a verified address of their own. */
export async function makePerson(services: Services, { human = false } = {}): Promise<User> {
  people += 1;
  return createUser(services, {
    email: `person-${people}@example.com`,
    name: `Person ${people}`,
    verified: true,
    human,
  });
}

/** A key of a product for a person. */
export async function makeKey(
  services: Services,
  productId: string,
  userId: string,
  options: Partial<Omit<NewApiKey, 'product' | 'owner'>> = {},
): Promise<{ id: string; key: string }> {
  return createApiKey(
    services,
    { product: getProduct(productId), owner: { userId }, environment: 'live', ...options },
    { kind: 'person', id: userId },
  );
}

/** Another process, as far as anything can tell: it shares nothing but the database and Redis. */
export function anotherProcess({ config, clock }: Services): Services {
  const services = createServices(config, clock);
  whenFileEnds(() => closeServices(services));
  return services;
}
