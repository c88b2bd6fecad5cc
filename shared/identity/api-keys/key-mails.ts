/**
 * Mails about API keys, to whoever owns them. A key is named as its owner can find it, by name, prefix and last
 * four characters; a mail never carries one.
 */

import { pageUrls } from '../../http/page-urls.js';
import type { MailContent } from '../../mail/mail.js';
import { type MailParts, renderMail } from '../../mail/template-layout.js';
import { getProduct } from '../../products/index.js';
import type { Services } from '../../services.js';
import { momentInWords } from '../mails/asked.js';
import type { Contact } from '../people/contacts.js';
import type { ApiKey } from './api-keys.js';

type Scene = Pick<Services, 'config'>;
type NamedKey = Pick<ApiKey, 'name' | 'prefix' | 'lastFour' | 'product' | 'environment'>;

/** What the owner of a key can be reminded of. */
export type KeyNews =
  | { kind: 'age'; key: ApiKey; days: number }
  | { kind: 'expiry'; key: ApiKey; at: Date }
  | { kind: 'rotation'; key: ApiKey; dueAt: Date; endsAt: Date };

/** What was done about a key that was found where it should not be. */
export interface KeyLeak {
  key: ApiKey;
  outcome: 'notified' | 'rolling' | 'revoked';
  /** When a rolling key ends. */
  endsAt?: Date;
  /** Who reported it, and where it was found; only what a signature vouches for. */
  source?: string;
  url?: string;
}

/** Several reminders for one owner are one mail. */
export function keyReminderMail(scene: Scene, contact: Contact, news: KeyNews[]): MailContent {
  const title =
    news.length === 1 ? 'An API key needs your attention' : `${news.length} API keys need your attention`;
  return compose(scene, contact, title, {
    title,
    paragraphs: [
      ...news.map(describeNews),
      'Roll a key to replace it: the new one works at once, the old one until its grace ends.',
    ],
  });
}

function describeNews(news: KeyNews): string {
  const name = nameOf(news.key);
  switch (news.kind) {
    case 'age':
      return `${name} is ${news.days} days old. Keys should be replaced about every 90 days.`;
    case 'expiry':
      return `${name} expires on ${momentInWords(news.at)}. After that it is refused.`;
    case 'rotation':
      return `${name} is to be rotated every ${news.key.rotateEveryDays} days, which was due on ${momentInWords(news.dueAt)}. If it is not rotated, it ends on ${momentInWords(news.endsAt)}.`;
  }
}

export function keyLeakMail(scene: Scene, contact: Contact, leak: KeyLeak): MailContent {
  const title = 'One of your API keys has leaked';
  return compose(scene, contact, title, { title, paragraphs: describeLeak(leak) });
}

function describeLeak({ key, outcome, endsAt, source, url }: KeyLeak): string[] {
  const where = url === undefined ? '' : ` It was found at: ${url}`;
  const who = source === undefined ? 'Somebody who holds it' : `A secret scanner (${source})`;
  const found = `${who} reported that ${nameOf(key)} is known outside of your hands.${where}`;
  const moved =
    'Take it out of where it was found, and look through its last calls for any that were not yours.';
  switch (outcome) {
    case 'revoked':
      return [found, 'We revoked it: it is refused from now on. Make a new key for what used it.', moved];
    case 'rolling':
      return [
        found,
        `It ends on ${endsAt ? momentInWords(endsAt) : 'short notice'}. Roll it before then: only you can, it cannot roll itself any more.`,
        moved,
      ];
    case 'notified':
      return [found, 'As its settings say, it goes on working. Roll or revoke it.', moved];
  }
}

/** A key was rolled by whoever held it. */
export function keyRotatedMail(
  scene: Scene,
  contact: Contact,
  { key, endsAt, address }: { key: ApiKey; endsAt: Date | null; address: string | undefined },
): MailContent {
  const title = 'An API key was rotated by its holder';
  const from = address === undefined ? '' : ` from ${address}`;
  const end = endsAt === null ? '' : ` The old key ends on ${momentInWords(endsAt)}.`;
  return compose(scene, contact, title, {
    title,
    paragraphs: [
      `A program that holds ${nameOf(key)} asked for its successor${from} and got it.${end}`,
      'If that was not one of yours, somebody else has your key: revoke both keys now.',
    ],
  });
}

/** A key or an app made a key. */
export function keyMadeMail(
  scene: Scene,
  contact: Contact,
  { key, maker, address }: { key: ApiKey; maker: string; address: string | undefined },
): MailContent {
  const title = 'A program made an API key for your account';
  const from = address === undefined ? '' : ` from ${address}`;
  const end = key.expiresAt === null ? '' : ` It ends on ${momentInWords(key.expiresAt)}.`;
  return compose(scene, contact, title, {
    title,
    paragraphs: [
      `${maker} made the key ${nameOf(key)}${from}.${end}`,
      'If that was not one of your programs, revoke the new key and what made it now.',
    ],
  });
}

export function nameOf({ name, prefix, lastFour, product, environment }: NamedKey): string {
  return `“${name}” (${prefix}…${lastFour}, a ${environment} key of ${getProduct(product).name})`;
}

function compose(
  { config }: Scene,
  { kind }: Contact,
  subject: string,
  parts: Omit<MailParts, 'footer' | 'button'>,
): MailContent {
  const help = config.supportEmail === undefined ? '' : ` Questions: ${config.supportEmail}.`;
  const button = kind === 'person' ? { label: 'See your keys', url: pageUrls.console(config) } : undefined;
  const footer = `You get this because the key belongs to this address. Sent by Latchkey at ${config.issuer}.${help}`;
  return { subject, ...renderMail({ ...parts, button, footer }) };
}
