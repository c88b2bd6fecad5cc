/** Offers a form of ours once more whose token was no longer valid; for forms that cannot be shown again themselves. */
import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import { paths } from './paths.js';

export interface SendAgainProps extends Pick<PageProps, 'csrf' | 'supportEmail'> {
  /** What happened, in a sentence. */
  problem: string;
  /** Path to which the form was sent. */
  action: string;
  /** Its fields, without the token and without passwords. */
  fields: readonly (readonly [name: string, value: string])[];
  requestId: string;
}

export function sendAgainPage({ problem, action, fields, requestId, csrf, ...page }: SendAgainProps): string {
  return renderPage(
    <Card title="Send it again?" {...page}>
      <p>{problem}</p>
      <Form action={action} csrf={csrf}>
        {fields.map(([name, value], index) => (
          <input key={index} type="hidden" name={name} value={value} />
        ))}
        <div class="actions">
          <SubmitButton>Send it again</SubmitButton>
          <a href={paths.home}>Leave it</a>
        </div>
      </Form>
      <p class="muted small">
        If you ask us about it, name this request: <code>{requestId}</code>
      </p>
    </Card>,
  );
}
