/** What a test that goes through all pages needs to know about a page: its forms, with everything they can send. */
import type { Page } from '../../shared/testing/form-browser.js';

export interface FoundForm {
  action: string;
  method: string;
  /** The page that shows it. */
  page: string;
  /** Every named field and button, with a value that may be right. */
  fields: Record<string, string>;
}

/** Ids in paths, which differ between pages that are the same but for what they show. */
const idInPath = /(?<=\/)(?=[^/?]*[\d_])[\w-]{16,}(?=[/?]|$)/g;
/** A path without what differs between pages of one kind: ids, and the values of a query. */
export const shapeOf = (path: string): string =>
  path
    .replace(idInPath, ':id')
    .replace(/=[^&]*/g, '=')
    .replace(/#.*/, '');

const attributeOf = (attributes: string, name: string): string | undefined =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1]?.replaceAll('&amp;', '&');

/** The forms of a page. Password fields get the password; it is their own that a page asks for. */
export function listForms(page: Page, password: string): FoundForm[] {
  return [...page.html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, head = '', inside = '']) => {
    const fields: Record<string, string> = {};
    for (const [, attributes = ''] of inside.matchAll(/<(?:input|select|textarea|button)(\s[^>]*?)\/?>/g)) {
      const name = attributeOf(attributes, 'name');
      const byType: Record<string, string> = { email: 'b@example.com', password };
      const value = attributeOf(attributes, 'value') || byType[attributeOf(attributes, 'type') ?? ''];
      if (name) fields[name] ??= value ?? 'A';
    }
    const method = (attributeOf(head, 'method') ?? 'get').toUpperCase();
    const { pathname, search } = new URL(attributeOf(head, 'action') ?? page.url, page.url);
    return { action: pathname + search, method, page: page.url, fields };
  });
}
