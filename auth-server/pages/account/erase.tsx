import type { WhatEnds } from '../../../shared/identity/erasure.js';
import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { Card } from '../../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../../shared/ui/document.js';
import { Field } from '../../../shared/ui/field.js';
import { toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { Callout } from '../../../shared/ui/notices.js';
import { paths } from '../paths.js';
import { accountSidebar } from './sidebar.js';

export interface EraseProps extends AppShellPageProps {
  counts: WhatEnds;
  /** Typed before. */
  confirm?: string;
  /** By field: `confirm`, `password`. */
  errors?: FieldErrors;
}

/** Sentences about what ends, or ended, with the account. */
function listEnds(counts: WhatEnds): string[] {
  const { keys, apps, peopleConnected, connections, openTasks } = counts;
  const ends: [amount: number, words: string][] = [
    [keys, `${count(keys, 'API key', 'API keys')}: calls fail at once`],
    [
      apps,
      `${count(apps, 'app', 'apps')} of yours, and with that the connection of ${count(peopleConnected, 'person', 'people')}`,
    ],
    [connections, count(connections, 'connected app', 'connected apps')],
    [openTasks, `${count(openTasks, 'open task', 'open tasks')}, handed back`],
  ];
  return ends.filter(([amount]) => amount > 0).map(([, words]) => words);
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

function Ends({ intro, counts }: { intro: string; counts: WhatEnds }) {
  const ends = listEnds(counts);
  if (ends.length === 0) return null;
  return (
    <>
      <p>{intro}</p>
      <ul>
        {ends.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </>
  );
}

/** After it is done: nobody is signed in any more. */
export function accountErasedPage({
  counts,
  ...page
}: Pick<PageProps, 'supportEmail'> & { counts: WhatEnds }): string {
  return renderPage(
    <Card title="Your account is erased" {...page}>
      <p>
        Your name, your address, your profile and your mails are gone, and you are signed out everywhere. We
        sent a last mail to your address that says so.
      </p>
      <Ends intro="With the account ended:" counts={counts} />
      <p class="muted">What was done stays in the audit trail, without who did it.</p>
    </Card>,
  );
}

export function erasePage({ counts, confirm, errors, ...page }: EraseProps): string {
  return renderPage(
    <AppShell {...page} sidebar={accountSidebar} current={paths.erase} title="Erase account">
      <Callout kind="danger">
        <p>
          <strong>This cannot be undone.</strong> Your name, your address, your profile and your mails are
          erased. What was done stays in the audit trail, without who did it.
        </p>
        <Ends intro="With the account end:" counts={counts} />
      </Callout>
      <Form action={paths.erase} csrf={page.csrf} class="sheet-form">
        <Field
          name="confirm"
          type="email"
          label={
            <>
              Type <strong class="breakable">{toVisibleLine(page.person.email, 254)}</strong> to confirm
            </>
          }
          value={confirm}
          errors={errors}
          autocomplete="off"
          required
        />
        <Field
          name="password"
          type="password"
          label="Your password"
          errors={errors}
          autocomplete="current-password"
          required
        />
        <div class="actions">
          <SubmitButton look="danger">Erase my account</SubmitButton>
          <a href={paths.account}>Keep it</a>
        </div>
      </Form>
    </AppShell>,
  );
}
