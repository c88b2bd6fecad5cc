/**
 * Emails in their canonical form (shared/email.ts): existing rows are rewritten and the columns are unique as they
 * stand, without `lower()`.
 *
 * Two accounts can turn out to have one email (an accent written in two ways, for example). The account whose email
 * is confirmed keeps it, else the older one. The other keeps its keys and data under a placeholder that has no
 * mailbox, and a row of `email_collisions` says which email it had and who keeps it, for an operator to decide.
 *
 * While the previous version still serves, its writes are lower-cased by a trigger (ASCII only, whatever the locale
 * of the database is), and the indexes that its statements need remain.
 */
import { domainToUnicode } from 'node:url';
import type { Knex } from 'knex';

/** The canonical form as it was defined when this migration was written. */
function canonicalEmail(text: string): string {
  const email = text.trim().normalize('NFKC').toLowerCase().normalize('NFKC');
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  if (at < 1 || !/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return email;
  return `${email.slice(0, at)}@${domainToUnicode(domain) || domain}`;
}

interface Row {
  id: string;
  email: string;
}

/** Rows whose text can differ from its canonical form: with a capital, a blank, a letter beyond ASCII, or Punycode. */
async function listChanged(db: Knex, table: string, id: string, column: string): Promise<Row[]> {
  const { rows } = await db.raw(
    `select ??::text as id, ?? as email from ??
     where ?? ~ '[A-Z[:space:]]' or octet_length(??) <> char_length(??) or ?? ~ '[@.]xn--'`,
    [id, column, table, column, column, column, column],
  );
  return rows.filter(({ email }: Row) => canonicalEmail(email) !== email);
}

const placeholder = (id: string): string => `${id}@collision.invalid`;

async function rewriteAccounts(db: Knex, kind: 'user' | 'agent'): Promise<void> {
  const table = `${kind}s`;
  const changed = await listChanged(db, table, 'id', 'email');
  const owners = new Map<string, string[]>();
  for (const { id, email } of changed) {
    const canonical = canonicalEmail(email);
    owners.set(canonical, [...(owners.get(canonical) ?? []), id]);
  }
  const before = new Map(changed.map(({ id, email }) => [id, email]));
  // All of them give up the old form first: the old index has its own idea of which emails are equal.
  for (const { id } of changed)
    await db(table)
      .where({ id })
      .update({ email: placeholder(id) });
  for (const [canonical, ids] of owners) {
    const confirmed = kind === 'user' ? '(email_verified_at is not null) desc, ' : '';
    const [keeper, ...others]: string[] = await db(table)
      .whereIn('id', ids)
      .orWhere({ email: canonical })
      .orderByRaw(`${confirmed}created_at, id`)
      .pluck('id');
    for (const id of others) {
      const email = before.get(id) ?? canonical;
      await db('email_collisions').insert({ kind, account_id: id, email, kept_by: keeper });
      await db(table)
        .where({ id })
        .update({ email: placeholder(id) });
    }
    await db(table).where({ id: keeper }).update({ email: canonical });
  }
}

/** An invitation is worth nothing without its email, so of two to one email the newest remains. */
async function rewriteInvitations(db: Knex): Promise<void> {
  const changed = await listChanged(db, 'loop_invitations', 'id', 'email');
  for (const { id } of changed) {
    await db('loop_invitations')
      .where({ id })
      .update({ email: placeholder(id) });
  }
  for (const { id, email: before } of changed) {
    const email = canonicalEmail(before);
    const invitation = await db('loop_invitations').where({ id }).first('loop_id', 'created_at');
    const other = await db('loop_invitations')
      .where({ loop_id: invitation.loop_id, email })
      .first('id', 'created_at');
    const isNewest = !other || other.created_at <= invitation.created_at;
    if (other && isNewest) await db('loop_invitations').where({ id: other.id }).delete();
    if (isNewest) await db('loop_invitations').where({ id }).update({ email });
    else await db('loop_invitations').where({ id }).delete();
  }
}

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table email_collisions (
      kind text not null check (kind in ('user', 'agent')),
      account_id text not null,
      email text not null,
      kept_by text not null,
      found_at timestamptz not null default now(),
      primary key (kind, account_id)
    );

    create function lower_ascii_email() returns trigger language plpgsql as $$
    begin
      new.email := lower(new.email collate "C");
      return new;
    end $$;
    create trigger users_lower_email before insert or update of email on users
      for each row when (new.email ~ '[A-Z]') execute function lower_ascii_email();
    create trigger agents_lower_email before insert or update of email on agents
      for each row when (new.email ~ '[A-Z]') execute function lower_ascii_email();
    create trigger loop_invitations_lower_email before insert or update of email on loop_invitations
      for each row when (new.email ~ '[A-Z]') execute function lower_ascii_email();
  `);
  await rewriteAccounts(db, 'user');
  await rewriteAccounts(db, 'agent');
  await rewriteInvitations(db);
  for (const { id, email } of await listChanged(db, 'email_links', 'token_hash', 'email')) {
    await db('email_links')
      .where({ token_hash: id })
      .update({ email: canonicalEmail(email) });
  }
  for (const { id, email } of await listChanged(db, 'mails', 'id', 'recipient')) {
    await db('mails')
      .where({ id })
      .update({ recipient: canonicalEmail(email) });
  }
  await db.raw(`
    create unique index users_canonical_email_key on users (email);
    create unique index agents_canonical_email_key on agents (email);
    create unique index loop_invitations_canonical_email_key on loop_invitations (loop_id, email);
    create index mails_canonical_recipient_idx on mails (recipient, id);
  `);
}

/** The canonical forms remain; accounts that gave up an email get it back where nobody has it. */
export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index users_canonical_email_key, agents_canonical_email_key, loop_invitations_canonical_email_key,
      mails_canonical_recipient_idx;
    drop trigger users_lower_email on users;
    drop trigger agents_lower_email on agents;
    drop trigger loop_invitations_lower_email on loop_invitations;
    drop function lower_ascii_email;
    update users set email = c.email from email_collisions c
      where c.kind = 'user' and c.account_id = users.id
        and not exists (select from users other where lower(other.email) = lower(c.email));
    update agents set email = c.email from email_collisions c
      where c.kind = 'agent' and c.account_id = agents.id
        and not exists (select from agents other where lower(other.email) = lower(c.email));
    drop table email_collisions;
  `);
}
