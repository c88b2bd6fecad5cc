/**
 * What was made before anybody proved the mailbox, and what a credential was made with.
 *
 * `vouched`: made by an operator on the command line, so the first proof of the owner's address does not end it.
 * `parent_key_id`, `grant_id`, `client_id` of a key: the credential that made it and that it must not outlive. They
 * are no foreign keys where the row they name may be deleted: a key whose grant is gone is refused.
 * `mailbox_proven_at` without `claimed_at`: somebody proved the agent's mailbox and has not claimed the agent.
 * `account_id` of a mail: whose business the mail is, so that it goes with the account whatever address it went to.
 * `free_task_uses`: free tasks of agents that nobody claimed, by network address, kept for a day.
 */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table api_keys
      add column vouched boolean not null default false,
      add column parent_key_id text references api_keys (id),
      add column grant_id text,
      add column client_id text;
    create index api_keys_parent_idx on api_keys (parent_key_id) where parent_key_id is not null;

    alter table oauth_clients add column vouched boolean not null default false;

    alter table agents
      add column mailbox_proven_at timestamptz,
      add column claimed_at timestamptz,
      add column registered_from text;
    update agents set claimed_at = used_at from email_links
      where purpose = 'recover_agent_key' and account_id = agents.id and used_at is not null;
    update agents set mailbox_proven_at = users.email_verified_at from users
      where lower(users.email) = lower(agents.email) and users.status = 'active'
        and users.email_verified_at is not null and claimed_at is null;

    alter table mails add column account_id text;
    create index mails_account_idx on mails (account_id) where account_id is not null;

    create table free_task_uses (
      subject text not null,
      taken_at timestamptz not null
    );
    create index free_task_uses_subject_idx on free_task_uses (subject, taken_at);
    create index free_task_uses_time_idx on free_task_uses (taken_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table free_task_uses;
    alter table mails drop column account_id;
    alter table agents drop column registered_from, drop column claimed_at, drop column mailbox_proven_at;
    alter table oauth_clients drop column vouched;
    alter table api_keys
      drop column client_id, drop column grant_id, drop column parent_key_id, drop column vouched;
  `);
}
