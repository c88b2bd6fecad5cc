/** The front page: what this is, and the two ways in. */
import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { paths, withQuery } from './paths.js';

export function frontPage(page: Pick<PageProps, 'supportEmail'>): string {
  return renderPage(
    <Card
      title="Agents ask, people decide"
      lead="Latchkey gives software agents keys, and lets people decide what each app may see and do. Agents hand work to people through its APIs."
      {...page}
      aside={
        <p>
          Have an account? <a href={paths.signIn}>Sign in</a>
        </p>
      }
    >
      <section class="way-in">
        <h2>I build</h2>
        <p>API keys for test and live, OAuth apps, usage and an audit trail.</p>
        <a class="button primary" href={withQuery(paths.signUp, { takes_tasks: 'no' })}>
          Create a developer account
        </a>
      </section>
      <section class="way-in">
        <h2>I take tasks</h2>
        <p>Apps ask you for work. Each needs your consent first, and you can revoke it at any time.</p>
        <a class="button quiet" href={withQuery(paths.signUp, { takes_tasks: 'yes' })}>
          Create an account for tasks
        </a>
      </section>
    </Card>,
  );
}
