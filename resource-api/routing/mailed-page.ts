/**
 * The pages behind links in mails that a product sends. They have no script and load nothing; their addresses carry a token, so no other
 * site is told where a visitor came from.
 */
import { createHash } from 'node:crypto';
import type { Product } from '../../shared/products/product.js';
import { type Reply, reply } from './reply.js';

const style = `body{margin:0;padding:3rem 1rem;background:#f6f5f1;color:#1c1b19;font:16px/1.5 system-ui,sans-serif}
main{max-width:34rem;margin:0 auto;padding:2rem;background:#fff;border:1px solid #dedbd2;border-radius:8px}
h1{margin:0 0 1rem;font-size:1.4rem}p{margin:0 0 1rem}
code{display:block;padding:.75rem;background:#f6f5f1;border-radius:6px;overflow-wrap:anywhere}
label{display:block;margin:0 0 1rem}input{box-sizing:border-box;width:100%;padding:.6rem;border:1px solid #8d8a80;border-radius:6px;font:inherit}
.problem{color:#b3372b}button{padding:.7rem 1.4rem;border:0;border-radius:6px;background:#1f5f4a;color:#fff;font:inherit;cursor:pointer}
button:focus-visible{outline:3px solid #7fb8a4;outline-offset:2px}`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export interface Page {
  title: string;
  paragraphs: string[];
  /** Something to be copied. */
  secret?: string;
  /** What was wrong with what was sent. */
  problem?: string;
  /** What the button's form asks for. */
  fields?: readonly { name: string; label: string; type: 'email' | 'password'; value?: string }[];
  /** A button that posts to the page's own address. */
  button?: string;
}

export function pageReply(product: Product, status: number, page: Page): Reply {
  const { title, paragraphs, secret, problem, fields = [], button } = page;
  const parts = [
    `<h1>${escapeHtml(title)}</h1>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`),
    secret === undefined ? '' : `<code>${escapeHtml(secret)}</code>`,
    problem === undefined ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`,
    button === undefined
      ? ''
      : `<form method="post">${fields.map(field).join('')}<button type="submit">${escapeHtml(button)}</button></form>`,
  ];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · ${escapeHtml(product.name)}</title>
<style>${style}</style>
</head>
<body><main>
${parts.filter(Boolean).join('\n')}
</main></body>
</html>
`;
  return reply(status, html, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
  });
}

const field = ({ name, label, type, value = '' }: NonNullable<Page['fields']>[number]): string =>
  `<label>${escapeHtml(label)}<input name="${name}" type="${type}" value="${escapeHtml(value)}" required></label>`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => entities[character] ?? '');

/** Why a mailed link does nothing. */
export function linkProblemPage(
  product: Product,
  problem: 'unknown' | 'used' | 'expired',
  further: string,
): Reply {
  const words = {
    unknown: [404, 'This link is not known', 'A newer link may have taken its place.'],
    used: [410, 'This link was used already', 'Each link works once.'],
    expired: [410, 'This link has expired', 'Links work for a limited time only.'],
  } as const;
  const [status, title, why] = words[problem];
  return pageReply(product, status, { title, paragraphs: [why, further] });
}
