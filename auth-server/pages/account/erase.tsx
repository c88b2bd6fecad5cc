import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Field } from '../../../shared/ui/field.js';
import { toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { Callout } from '../../../shared/ui/notices.js';
import { paths } from '../paths.js';
import { accountSidebar } from './sidebar.js';

export interface EraseProps extends AppShellPageProps {
  /** What would end with the account. */
  counts: { keys: number; apps: number; peopleConnected: number; connections: number; openTasks: number };
  /** By field: `confirm`, `password`. */
  errors?: FieldErrors;
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

export function erasePage({ counts, errors, ...page }: EraseProps): string {
  const ends = [
    { amount: counts.keys, words: `${count(counts.keys, 'API key', 'API keys')}: calls fail at once` },
    {
      amount: counts.apps,
      words: `${count(counts.apps, 'app', 'apps')} of yours, and with that the connection of ${count(counts.peopleConnected, 'person', 'people')}`,
    },
    { amount: counts.connections, words: `${count(counts.connections, 'connected app', 'connected apps')}` },
    { amount: counts.openTasks, words: `${count(counts.openTasks, 'open task', 'open tasks')}, handed back` },
  ].filter(({ amount }) => amount > 0);
  return renderPage(
    <AppShell {...page} sidebar={accountSidebar} current={paths.erase} title="Erase account">
      <Callout kind="danger">
        <p>
          <strong>This cannot be undone.</strong> Your name, your address, your profile and your mails are
          erased. What was done stays in the audit trail, without who did it.
        </p>
        {ends.length > 0 ? (
          <>
            <p>With the account end:</p>
            <ul>
              {ends.map(({ words }) => (
                <li key={words}>{words}</li>
              ))}
            </ul>
          </>
        ) : null}
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
