/**
 * A browser for tests that need forms and cookies but no rendering: keeps cookies by path, follows no redirect by
 * itself, and submits the forms that a page really has.
 */
export interface Page {
  status: number;
  url: string;
  /** Where a redirect leads, absolute. */
  location: string | undefined;
  headers: Headers;
  html: string;
}

interface Cookie {
  name: string;
  value: string;
  path: string;
}

export interface Form {
  action: string;
  /** Hidden fields, checked boxes, selected radios, and values that stand in text fields. */
  fields: URLSearchParams;
}

export class FormBrowser {
  #cookies: Cookie[] = [];

  /** `served`: where the origin is really served, when that is elsewhere (an https issuer). */
  constructor(
    private readonly origin: string,
    private readonly served = origin,
  ) {}

  get(path: string): Promise<Page> {
    return this.#send(path, { method: 'GET' });
  }

  /** Posts a form of a page with some fields set; a value of undefined takes the field out. */
  submit(form: Form, fields: Record<string, string | string[] | undefined> = {}): Promise<Page> {
    const body = new URLSearchParams(form.fields);
    for (const [name, value] of Object.entries(fields)) {
      body.delete(name);
      for (const one of [value].flat()) if (one !== undefined) body.append(name, one);
    }
    return this.post(form.action, body, { 'sec-fetch-site': 'same-origin' });
  }

  /** `headers` such as `Sec-Fetch-Site`, which browsers send and Node does not. */
  post(path: string, body: URLSearchParams, headers: Record<string, string> = {}): Promise<Page> {
    return this.#send(path, { method: 'POST', body, headers });
  }

  /** Follows redirects while they stay on this origin. */
  async follow(page: Page): Promise<Page> {
    let current = page;
    for (let hops = 0; hops < 12; hops += 1) {
      if (current.location === undefined || new URL(current.location).origin !== this.origin) return current;
      current = await this.get(current.location);
    }
    throw new Error(`too many redirects, last to ${current.location}`);
  }

  /** Loses the cookies whose names have a text in them. */
  dropCookies(part: string): void {
    this.#cookies = this.#cookies.filter(({ name }) => !name.includes(part));
  }

  cookies(): ReadonlyArray<Cookie> {
    return this.#cookies;
  }

  /** What this browser sends as `Cookie` to a path. */
  cookieHeader(path: string): string {
    return this.#cookies
      .filter((one) => path === one.path || path.startsWith(one.path.replace(/\/?$/, '/')))
      .map((one) => `${one.name}=${one.value}`)
      .join('; ');
  }

  async #send(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Page> {
    const url = new URL(path, this.origin);
    const cookie = this.cookieHeader(url.pathname);
    const response = await fetch(this.served + url.pathname + url.search, {
      ...init,
      redirect: 'manual',
      headers: { cookie, accept: 'text/html', ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    return {
      status: response.status,
      url: url.href,
      location: location === null ? undefined : new URL(location, url).href,
      headers: response.headers,
      html: await response.text(),
    };
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', ...rest] = pair.split('=');
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    const expired = attributes.some((one) => /^expires=thu, 01 jan 1970/i.test(one));
    this.#cookies = this.#cookies.filter((one) => one.name !== name || one.path !== path);
    if (!expired) this.#cookies.push({ name, value: rest.join('='), path });
  }
}

/** The forms of a page, in order. */
export function formsOf(page: Page): Form[] {
  return [...page.html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, head = '', inside = '']) => {
    const fields = new URLSearchParams();
    for (const [, attributes = ''] of inside.matchAll(/<input([^>]*?)\/?>/g)) {
      const name = attribute(attributes, 'name');
      const type = attribute(attributes, 'type') ?? 'text';
      const off = (type === 'checkbox' || type === 'radio') && !/\schecked/.test(attributes);
      if (name && !off)
        fields.append(name, attribute(attributes, 'value') ?? (type === 'checkbox' ? 'on' : ''));
    }
    return { action: attribute(head, 'action') ?? page.url, fields };
  });
}

/** The form of a page whose action ends with a text, or else contains it. Throws when there is none. */
export function formTo(page: Page, part: string): Form {
  const forms = formsOf(page);
  const form =
    forms.find((one) => one.action.endsWith(part)) ?? forms.find((one) => one.action.includes(part));
  if (!form)
    throw new Error(`no form to "${part}" on ${page.url} (${page.status}): ${page.html.slice(0, 500)}`);
  return form;
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1];
  return value?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}
